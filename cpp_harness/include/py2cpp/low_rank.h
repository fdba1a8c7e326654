// torch.svd_lowrank and torch.pca_lowrank of dense matrices: the random algorithm that Python composes.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace py2cpp {

using Decomposed = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

namespace low_rank {

// `a - m` applied to a vector: the product with m is taken off where there is one.
inline at::Tensor product(const at::Tensor& a, const at::Tensor& m, const at::Tensor& vectors) {
  const auto of_a = at::matmul(a, vectors);
  return m.defined() ? of_a - at::matmul(m, vectors) : of_a;
}

inline at::Tensor orthonormal(const at::Tensor& columns) { return std::get<0>(at::linalg_qr(columns)); }

// Orthonormal columns that span about what `a - m` does.
inline at::Tensor basis(const at::Tensor& a, int64_t q, int64_t iterations, const at::Tensor& m) {
  const auto kept = a.is_complex() || a.scalar_type() == at::kHalf || a.scalar_type() == at::kFloat ||
                    a.scalar_type() == at::kDouble;
  const auto random = at::randn({a.size(-1), q}, a.options().dtype(kept ? a.scalar_type() : at::kFloat));
  auto found = orthonormal(product(a, m, random));
  for (int64_t i = 0; i < iterations; ++i) {
    const auto adjoint = a.mH();
    auto image = at::matmul(adjoint, found);
    if (m.defined()) image = image - at::matmul(m.mH(), found);
    found = orthonormal(product(a, m, orthonormal(image)));
  }
  return found;
}

}  // namespace low_rank

inline Decomposed svd_lowrank(at::Tensor a, std::optional<int64_t> q, std::optional<int64_t> niter, at::Tensor m) {
  if (m.defined()) m = m.broadcast_to(a.sizes());
  const bool wide = a.size(-2) < a.size(-1);
  if (wide) {
    a = a.mH();
    if (m.defined()) m = m.mH();
  }
  const auto found = low_rank::basis(a, q.value_or(6), niter.value_or(2), m);
  const auto adjoint = found.mH();
  auto small = at::matmul(adjoint, a);
  if (m.defined()) small = small - at::matmul(found.mH(), m);
  const auto [left, values, right] = at::linalg_svd(small, /*full_matrices=*/false);
  auto v = right.mH();
  auto u = found.matmul(left);
  if (wide) std::swap(u, v);
  return {u, values, v};
}

inline Decomposed pca_lowrank(const at::Tensor& a, std::optional<int64_t> q, bool center, int64_t niter) {
  const auto smaller = std::min(a.size(-2), a.size(-1));
  const auto rank = q.value_or(std::min<int64_t>(6, smaller));
  TORCH_CHECK_VALUE(rank >= 0 && rank <= smaller, "q must be non-negative integer and not greater than min(m, n)");
  TORCH_CHECK_VALUE(niter >= 0, "niter must be non-negative integer");
  return svd_lowrank(center ? a - a.mean({-2}, /*keepdim=*/true) : a, rank, niter, at::Tensor());
}

}  // namespace py2cpp
