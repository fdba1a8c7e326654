// Clipping of gradients as torch.nn.utils does it: the norm is a tensor, and may be one of any order.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace py2cpp {

inline at::Tensor total_norm(const std::vector<at::Tensor>& tensors, double norm_type = 2.0,
                             bool error_if_nonfinite = false) {
  at::NoGradGuard no_grad;
  if (tensors.empty()) return torch::tensor(0.0);
  const auto norms = at::_foreach_norm(tensors, norm_type);
  const at::Tensor total = at::linalg_vector_norm(at::stack(norms), norm_type);
  TORCH_CHECK(!error_if_nonfinite || at::isfinite(total).item<bool>(), "The total norm of order ", norm_type,
              " for gradients from `parameters` is non-finite, so it cannot be clipped.");
  return total;
}

inline std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> found;
  for (const auto& parameter : parameters) {
    if (parameter.grad().defined()) found.push_back(parameter.grad());
  }
  return found;
}

inline void clip_grads_with_norm_(const std::vector<at::Tensor>& parameters, double max_norm, const at::Tensor& norm) {
  at::NoGradGuard no_grad;
  const auto found = gradients(parameters);
  if (found.empty()) return;
  const at::Tensor coefficient = ((norm + 1e-6).reciprocal() * max_norm).clamp_max(1.0);
  at::_foreach_mul_(found, coefficient);
}

inline at::Tensor clip_grad_norm_(const std::vector<at::Tensor>& parameters, double max_norm, double norm_type = 2.0,
                                  bool error_if_nonfinite = false) {
  at::NoGradGuard no_grad;
  const at::Tensor norm = total_norm(gradients(parameters), norm_type, error_if_nonfinite);
  clip_grads_with_norm_(parameters, max_norm, norm);
  return norm;
}

inline void clip_grad_value_(const std::vector<at::Tensor>& parameters, double clip_value) {
  at::NoGradGuard no_grad;
  const auto found = gradients(parameters);
  TORCH_CHECK(!found.empty(), "there is no gradient to clip");
  at::_foreach_clamp_min_(found, -clip_value);
  at::_foreach_clamp_max_(found, clip_value);
}

}  // namespace py2cpp
