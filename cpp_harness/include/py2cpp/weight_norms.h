// torch.nn.utils.weight_norm, spectral_norm and their kin: a weight that is computed anew before each call of its module,
// as Python's do it, by a hook of the module.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/module_hooks.h"
#include "py2cpp/module_tree.h"

namespace py2cpp {

namespace detail {

// The weight of a module, which is no parameter any more: `compute` gives it, now and before each call.
template <class M, class Compute>
M computed_weight(M module, const Compute& compute) {
  module->weight = compute(*module);
  hooks_to_add_to(module.ptr()).before.add(
      [compute](const ModulePointer& owner, Tensors&) {
        auto held = as<M>(owner);
        held->weight = compute(*held);
      },
      false);
  return module;
}

template <class M>
at::Tensor taken_weight(M module) {
  Parameters::of(*module).erase("weight");
  return module->weight;
}

// What Python's ParametrizationList holds: the tensors that the weight is made of, and the module that makes it.
template <class M>
std::shared_ptr<torch::nn::Module> parametrized(M module, const std::vector<at::Tensor>& originals,
                                                const std::shared_ptr<torch::nn::Module>& maker) {
  auto list = std::make_shared<torch::nn::Module>("ParametrizationList");
  const bool one = originals.size() == 1;
  for (size_t i = 0; i < originals.size(); ++i) {
    list->register_parameter(one ? "original" : "original" + std::to_string(i), originals[i], originals[i].requires_grad());
  }
  list->register_module("0", maker);
  auto all = std::make_shared<torch::nn::Module>("ModuleDict");
  all->register_module("weight", list);
  module->register_module("parametrizations", all);
  return list;
}

// The dimension that a spectral norm is taken over: the outputs of the module.
template <class M>
struct OutputDimension : std::integral_constant<int64_t, 0> {};
template <>
struct OutputDimension<torch::nn::ConvTranspose1d> : std::integral_constant<int64_t, 1> {};
template <>
struct OutputDimension<torch::nn::ConvTranspose2d> : std::integral_constant<int64_t, 1> {};
template <>
struct OutputDimension<torch::nn::ConvTranspose3d> : std::integral_constant<int64_t, 1> {};

inline at::Tensor as_matrix(at::Tensor weight, int64_t dim) {
  if (dim != 0) {
    std::vector<int64_t> order{dim};
    for (int64_t i = 0; i < weight.dim(); ++i) {
      if (i != dim) order.push_back(i);
    }
    weight = weight.permute(order);
  }
  return weight.flatten(1);
}
inline at::Tensor drawn(const at::Tensor& weight, int64_t size, double eps) {
  const auto x = at::empty({size}, weight.options().requires_grad(false)).normal_(0, 1);
  return x / x.norm(2, {0}, /*keepdim=*/true).clamp_min(eps).expand_as(x);
}
inline void normalize_into(at::Tensor& out, const at::Tensor& x, double eps) {
  at::div_out(out, x, x.norm(2, {0}, /*keepdim=*/true).clamp_min_(eps).expand_as(x));
}

}  // namespace detail

// torch.nn.utils.weight_norm
template <class M>
M weight_norm(M module, std::optional<int64_t> dim = 0) {
  const int64_t over = dim.value_or(-1);
  const auto weight = detail::taken_weight(module).detach();
  module->register_parameter("weight_g", at::norm_except_dim(weight, 2, over).detach());
  module->register_parameter("weight_v", weight);
  return detail::computed_weight(module, [over](auto& self) {
    const auto own = self.named_parameters(/*recurse=*/false);
    return at::_weight_norm(own["weight_v"], own["weight_g"], over);
  });
}

// torch.nn.utils.parametrizations.weight_norm
template <class M>
M weight_normed(M module, std::optional<int64_t> dim = 0) {
  const int64_t over = dim.value_or(-1);
  const auto weight = detail::taken_weight(module);
  const auto length = at::norm_except_dim(weight, 2, over).detach().set_requires_grad(weight.requires_grad());
  const auto direction = weight.detach().set_requires_grad(weight.requires_grad());
  const auto maker = std::make_shared<torch::nn::Module>("_WeightNorm");
  const auto list = detail::parametrized(module, {length, direction}, maker);
  return detail::computed_weight(module, [list, over](auto&) {
    const auto own = list->named_parameters(/*recurse=*/false);
    return at::_weight_norm(own["original1"], own["original0"], over);
  });
}

// torch.nn.utils.spectral_norm
template <class M>
M spectral_norm(M module, int64_t iterations = 1, double eps = 1e-12, std::optional<int64_t> dim = {}) {
  const int64_t over = dim.value_or(detail::OutputDimension<M>::value);
  const auto weight = detail::taken_weight(module);
  const auto matrix = detail::as_matrix(weight, over);
  module->register_parameter("weight_orig", weight);
  const auto u = detail::drawn(weight, matrix.size(0), eps);
  const auto v = detail::drawn(weight, matrix.size(1), eps);
  module->weight = weight.detach();
  module->register_buffer("weight_u", u);
  module->register_buffer("weight_v", v);
  detail::hooks_to_add_to(module.ptr()).before.add(
      [=](const ModulePointer& owner, detail::Tensors&) {
        auto self = as<M>(owner);
        const auto weight = self->named_parameters(/*recurse=*/false)["weight_orig"];
        const auto buffers = self->named_buffers(/*recurse=*/false);
        at::Tensor u = buffers["weight_u"], v = buffers["weight_v"];
        const auto matrix = detail::as_matrix(weight, over);
        if (self->is_training()) {
          at::NoGradGuard no_grad;
          for (int64_t i = 0; i < iterations; ++i) {
            detail::normalize_into(v, at::mv(matrix.t(), u), eps);
            detail::normalize_into(u, at::mv(matrix, v), eps);
          }
          if (iterations > 0) u = u.clone(at::MemoryFormat::Contiguous), v = v.clone(at::MemoryFormat::Contiguous);
        }
        self->weight = weight / at::dot(u, at::mv(matrix, v));
      },
      false);
  return module;
}

// torch.nn.utils.parametrizations.spectral_norm
template <class M>
M spectral_normed(M module, int64_t iterations = 1, double eps = 1e-12, std::optional<int64_t> dim = {}) {
  const int64_t over = dim.value_or(detail::OutputDimension<M>::value);
  const auto weight = detail::taken_weight(module);
  const auto maker = std::make_shared<torch::nn::Module>("_SpectralNorm");
  const auto iterate = [maker, eps](const at::Tensor& matrix, int64_t count) {
    at::NoGradGuard no_grad;
    const auto buffers = maker->named_buffers();
    at::Tensor u = buffers["_u"], v = buffers["_v"];
    for (int64_t i = 0; i < count; ++i) {
      detail::normalize_into(u, at::mv(matrix, v), eps);
      detail::normalize_into(v, at::mv(matrix.mH(), u), eps);
    }
  };
  const auto start = detail::as_matrix(weight, over);
  const auto u = detail::drawn(weight, start.size(0), eps);
  const auto v = detail::drawn(weight, start.size(1), eps);
  maker->register_buffer("_u", u);
  maker->register_buffer("_v", v);
  maker->train(module->is_training());
  iterate(start, 15);
  const auto list = detail::parametrized(module, {weight}, maker);
  return detail::computed_weight(module, [=](auto&) {
    const auto weight = list->named_parameters(/*recurse=*/false)["original"];
    const auto matrix = detail::as_matrix(weight, over);
    if (maker->is_training()) iterate(matrix, iterations);
    const auto buffers = maker->named_buffers();
    const auto u = buffers["_u"].clone(at::MemoryFormat::Contiguous);
    const auto v = buffers["_v"].clone(at::MemoryFormat::Contiguous);
    return weight / at::vdot(u, at::mv(matrix, v));
  });
}

}  // namespace py2cpp
