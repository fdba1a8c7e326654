// torch.nn.init with the draws of Python, and with generators.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "py2cpp/scaled.h"

namespace py2cpp::init {

using Random = std::optional<at::Generator>;

inline at::Tensor uniform_(at::Tensor tensor, double a = 0.0, double b = 1.0, const Random& generator = std::nullopt) {
  at::NoGradGuard no_grad;
  return tensor.uniform_(a, b, generator);
}
inline at::Tensor normal_(at::Tensor tensor, double mean = 0.0, double std = 1.0, const Random& generator = std::nullopt) {
  at::NoGradGuard no_grad;
  return tensor.normal_(mean, std, generator);
}

using Nonlinearity = torch::nn::init::NonlinearityType;
using Mode = torch::nn::init::FanModeType;

inline double calculate_gain(const Nonlinearity& nonlinearity, std::optional<double> param = std::nullopt) {
  using namespace torch::enumtype;
  if (std::holds_alternative<kTanh>(nonlinearity)) return 5.0 / 3;
  if (std::holds_alternative<kReLU>(nonlinearity)) return std::sqrt(2.0);
  if (std::holds_alternative<kLeakyReLU>(nonlinearity)) {
    const double slope = param.value_or(0.01);
    return std::sqrt(2.0 / (1 + slope * slope));
  }
  return 1.0;
}

// The numbers of inputs and outputs of each unit.
inline std::pair<int64_t, int64_t> fans(const at::Tensor& tensor) {
  TORCH_CHECK_VALUE(tensor.dim() >= 2, "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  int64_t field = 1;
  for (int64_t i = 2; i < tensor.dim(); ++i) field *= tensor.size(i);
  return {tensor.size(1) * field, tensor.size(0) * field};
}

inline at::Tensor xavier_uniform_(const at::Tensor& tensor, double gain = 1.0, const Random& generator = std::nullopt) {
  const auto [in, out] = fans(tensor);
  const double std = gain * std::sqrt(2.0 / static_cast<double>(in + out));
  const double bound = std::sqrt(3.0) * std;
  return uniform_(tensor, -bound, bound, generator);
}
inline at::Tensor xavier_normal_(const at::Tensor& tensor, double gain = 1.0, const Random& generator = std::nullopt) {
  const auto [in, out] = fans(tensor);
  return normal_(tensor, 0.0, gain * std::sqrt(2.0 / static_cast<double>(in + out)), generator);
}

inline double kaiming_std(const at::Tensor& tensor, double a, const Mode& mode, const Nonlinearity& nonlinearity) {
  const auto [in, out] = fans(tensor);
  const bool is_in = std::holds_alternative<torch::enumtype::kFanIn>(mode);
  return calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(is_in ? in : out));
}
inline at::Tensor kaiming_uniform_(const at::Tensor& tensor, double a, const Mode& mode,
                                   const Nonlinearity& nonlinearity, const Random& generator = std::nullopt) {
  if (tensor.numel() == 0) return tensor;
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return uniform_(tensor, -bound, bound, generator);
}
inline at::Tensor kaiming_normal_(const at::Tensor& tensor, double a, const Mode& mode,
                                  const Nonlinearity& nonlinearity, const Random& generator = std::nullopt) {
  if (tensor.numel() == 0) return tensor;
  return normal_(tensor, 0.0, kaiming_std(tensor, a, mode, nonlinearity), generator);
}

namespace detail {
inline double normal_cdf(double x) { return (1.0 + std::erf(x / std::sqrt(2.0))) / 2.0; }

// Draws again what lies outside: few do.
inline void redraw(at::Tensor& tensor, double mean, double std, double a, double b, const Random& generator) {
  const auto low = at::tensor({a}, tensor.options().requires_grad(false)).item();
  const auto high = at::tensor({b}, tensor.options().requires_grad(false)).item();
  at::Tensor result = tensor.normal_(mean, std, generator);
  for (;;) {
    const at::Tensor outside = (result < low).__or__(result > high);
    if (!outside.any().item<bool>()) break;
    result = at::where(outside, at::empty_like(result).normal_(mean, std, generator), result);
  }
  if (!result.is_same(tensor)) tensor.copy_(result);
}

// Draws evenly and keeps each number with its probability: most of the distribution lies outside.
inline void reject(at::Tensor& tensor, double mean, double std, double a, double b, const Random& generator) {
  const double mode = std::max(a, std::min(mean, b));
  const double log_peak = -0.5 * std::pow((mode - mean) / std, 2);
  at::Tensor candidates = at::empty_like(tensor), accept = at::empty_like(tensor);
  const auto rejected = [&] {
    candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak);
    return accept.uniform_(0, 1, generator).log_().gt(candidates);
  };
  tensor.uniform_(a, b, generator);
  candidates.copy_(tensor);
  at::Tensor pending = rejected();
  if (!pending.any().item<bool>()) return;
  at::Tensor result = tensor;
  do {
    candidates.uniform_(a, b, generator);
    result = at::where(pending, candidates, result);
    pending = at::where(pending, rejected(), pending);
  } while (pending.any().item<bool>());
  tensor.copy_(result);
}
}  // namespace detail

inline at::Tensor trunc_normal_(at::Tensor tensor, double mean = 0.0, double std = 1.0, double a = -2.0,
                                double b = 2.0, const Random& generator = std::nullopt) {
  at::NoGradGuard no_grad;
  const double inside = detail::normal_cdf((b - mean) / std) - detail::normal_cdf((a - mean) / std);
  (inside > 0.3 ? detail::redraw : detail::reject)(tensor, mean, std, a, b, generator);
  return tensor;
}

inline at::Tensor orthogonal_(at::Tensor tensor, double gain = 1.0, const Random& generator = std::nullopt) {
  TORCH_CHECK_VALUE(tensor.dim() >= 2, "Only tensors with 2 or more dimensions are supported");
  if (tensor.numel() == 0) return tensor;
  at::NoGradGuard no_grad;
  const int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  at::Tensor flat = tensor.new_empty({rows, columns}).normal_(0, 1, generator);
  if (rows < columns) flat.t_();
  auto [q, r] = at::linalg_qr(flat);
  q *= at::diag(r, 0).sign();
  if (rows < columns) q.t_();
  tensor.view_as(q).copy_(q);
  return scale_(tensor, gain);
}

inline at::Tensor sparse_(at::Tensor tensor, double sparsity, double std = 0.01,
                          const Random& generator = std::nullopt) {
  TORCH_CHECK_VALUE(tensor.dim() == 2, "Only tensors with 2 dimensions are supported");
  at::NoGradGuard no_grad;
  const int64_t rows = tensor.size(0);
  const auto zeros = static_cast<int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, std, generator);
  for (int64_t column = 0; column < tensor.size(1); ++column) {
    tensor.select(1, column).index_fill_(0, at::randperm(rows).slice(0, 0, zeros), 0);
  }
  return tensor;
}

inline at::Tensor dirac_(at::Tensor tensor, int64_t groups = 1) {
  TORCH_CHECK_VALUE(tensor.dim() >= 3 && tensor.dim() <= 5, "Only tensors with 3, 4, or 5 dimensions are supported");
  TORCH_CHECK_VALUE(tensor.size(0) % groups == 0, "dim 0 must be divisible by groups");
  at::NoGradGuard no_grad;
  tensor.zero_();
  const int64_t outputs = tensor.size(0) / groups;
  for (int64_t g = 0; g < groups; ++g) {
    for (int64_t d = 0; d < std::min(outputs, tensor.size(1)); ++d) {
      at::Tensor centre = tensor[g * outputs + d][d];
      while (centre.dim() > 0) centre = centre[centre.size(0) / 2];
      centre.fill_(1);
    }
  }
  return tensor;
}

}  // namespace py2cpp::init
