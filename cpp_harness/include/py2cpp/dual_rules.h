// Operations that have a derivative by forward mode only when torch of Python is loaded, which registers what they are
// made of. Programs of C++ register that too.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/jit_decomp_interface.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "py2cpp/batched_losses.h"
#include "py2cpp/exceptions.h"

namespace py2cpp::dual {

using MaybeTensor = std::optional<at::Tensor>;
using Three = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

inline bool given(const MaybeTensor& tensor) { return tensor && tensor->defined(); }

// Python computes halves in float32, which nobody has compared.
inline void refuse_halves(const at::Tensor& tensor) {
  assume(tensor.scalar_type() != at::kHalf && tensor.scalar_type() != at::kBFloat16, "derivatives of halves by forward mode");
}

inline at::Tensor trace(const at::Tensor& self) { return at::sum(at::diag(self)); }

inline at::Tensor softmax_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim, at::ScalarType dtype) {
  refuse_halves(grad_output);
  const auto scaled = grad_output * output;
  const auto grad = scaled - output * at::sum(scaled, {dim}, /*keepdim=*/true);
  return grad.to(dtype).contiguous();
}

inline at::Tensor log_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                                       at::ScalarType dtype) {
  refuse_halves(grad_output);
  return (grad_output - at::exp(output) * at::sum(grad_output, {dim}, /*keepdim=*/true)).to(dtype);
}

inline std::tuple<at::Tensor, at::Tensor> log_sigmoid_forward(const at::Tensor& self) {
  const auto least = at::minimum(self.new_zeros({}), self);
  const auto z = at::exp(at::neg(at::abs(self)));
  return {least - at::log1p(z), z};
}

// The mean and the reciprocal deviation of an input, from the input itself, so that they have derivatives.
inline std::pair<at::Tensor, at::Tensor> moments(const at::Tensor& input, const at::Tensor& rstd,
                                                 const std::vector<int64_t>& dims, bool keepdim) {
  const auto [variance, mean] = at::var_mean(input, dims, /*correction=*/at::Scalar(0), keepdim);
  const auto eps = (at::pow(at::reciprocal(rstd), 2) - variance).detach();
  return {mean, at::rsqrt(variance + eps)};
}

inline Three layer_norm_backward(const at::Tensor& grad_out, const at::Tensor& input, at::IntArrayRef normalized_shape,
                                 const at::Tensor& /*mean*/, const at::Tensor& rstd, const MaybeTensor& weight,
                                 const MaybeTensor& bias, std::array<bool, 3> mask) {
  const int64_t axis = input.dim() - static_cast<int64_t>(normalized_shape.size());
  std::vector<int64_t> inner, outer;
  int64_t count = 1, others = 1;
  for (int64_t i = 0; i < input.dim(); ++i) {
    (i < axis ? outer : inner).push_back(i);
    (i < axis ? others : count) *= input.size(i);
  }
  const auto shape = input.sizes().slice(axis);
  if (count <= 0 || others <= 0) return {input.new_zeros(input.sizes()), input.new_zeros(shape), input.new_zeros(shape)};
  const auto [center, scale] = moments(input, rstd, inner, /*keepdim=*/true);
  const auto x_hat = (input - center) * scale;
  const auto grad = given(weight) ? grad_out * *weight : grad_out;
  const auto a = grad * count;
  const auto b = at::sum(grad, inner, true);
  const auto c = at::mul(x_hat, at::sum(at::mul(grad, x_hat), inner, true));
  const auto whole = a - b - c;
  const auto d_input = mask[0] ? (scale / count) * whole : at::zeros_like(input);
  at::Tensor d_weight = given(weight) ? at::zeros_like(*weight) : at::zeros({});
  if (mask[1] && given(weight)) d_weight = outer.empty() ? grad_out * x_hat : at::sum(grad_out * x_hat, outer, false);
  at::Tensor d_bias = given(bias) ? at::zeros_like(*bias) : at::zeros({});
  if (mask[2] && given(bias)) d_bias = outer.empty() ? grad_out.clone() : at::sum(grad_out, outer, false);
  return {d_input, d_weight, d_bias};
}

inline Three batch_norm_backward(const at::Tensor& grad_out, const at::Tensor& input, const MaybeTensor& weight,
                                 const MaybeTensor& running_mean, const MaybeTensor& running_var,
                                 const MaybeTensor& /*save_mean*/, const MaybeTensor& save_invstd, bool train, double eps,
                                 std::array<bool, 3> mask) {
  std::vector<int64_t> over, shape(input.dim(), 1);
  for (int64_t i = 0; i < input.dim(); ++i) {
    if (i != 1) over.push_back(i);
  }
  shape[1] = input.size(1);
  const double count = static_cast<double>(input.numel()) / static_cast<double>(input.size(1)), norm = 1.0 / count;
  at::Tensor mean, scale;
  if (train) {
    std::tie(mean, scale) = moments(input, *save_invstd, over, /*keepdim=*/false);
  } else {
    mean = *running_mean;
    scale = at::rsqrt(*running_var + eps);
  }
  mean = at::reshape(mean, shape);
  const auto total = at::sum(grad_out, over);
  const auto dot = at::sum(grad_out * (input - mean), over);
  const auto grad_mean = at::reshape(total * norm, shape);
  const auto slope = at::reshape(at::mul(dot * norm, scale * scale), shape);
  const auto grad_scale = given(weight) ? at::reshape(scale * *weight, shape) : at::reshape(scale, shape) * 1.0;
  const auto d_input = train ? ((grad_out - (input - mean) * slope) - grad_mean) * grad_scale : grad_out * grad_scale;
  const auto d_weight = mask[1] ? dot * scale : given(weight) ? at::zeros_like(*weight) : at::zeros({});
  return {d_input, d_weight, mask[2] ? total : at::zeros_like(total)};
}

class Rules : public torch::autograd::impl::JitDecompInterface {
 public:
  explicit Rules(JitDecompInterface* others) : others_(others) {
    add<decltype(trace)>("aten::trace", trace);
    add<decltype(softmax_backward)>("aten::_softmax_backward_data", softmax_backward);
    add<decltype(log_softmax_backward)>("aten::_log_softmax_backward_data", log_softmax_backward);
    add<decltype(batched::nll_loss_backward)>("aten::nll_loss_backward", batched::nll_loss_backward);
    add<decltype(batched::nll_loss_backward)>("aten::nll_loss2d_backward", batched::nll_loss_backward);
    add<decltype(log_sigmoid_forward)>("aten::log_sigmoid_forward", log_sigmoid_forward);
    add<decltype(layer_norm_backward)>("aten::native_layer_norm_backward", layer_norm_backward);
    add<decltype(batch_norm_backward)>("aten::native_batch_norm_backward", batch_norm_backward);
  }

  bool has_jit_decomposition(const c10::FunctionSchema& schema) const override {
    return is_known(schema.operator_name()) || (others_ != nullptr && others_->has_jit_decomposition(schema));
  }
  void run_jit_decomposition(const c10::OperatorHandle& op, torch::jit::Stack* stack) const override {
    if (!is_known(op.operator_name())) return others_->run_jit_decomposition(op, stack);
    rules_.at(op.operator_name().name).callBoxed(op, c10::DispatchKeySet(), stack);
  }

 private:
  template <class F>
  void add(const std::string& name, F* rule) {
    rules_.emplace(name, c10::KernelFunction::makeFromUnboxedRuntimeFunction<false, F>(rule));
  }
  bool is_known(const c10::OperatorName& name) const { return name.overload_name.empty() && rules_.count(name.name) > 0; }

  JitDecompInterface* others_;
  std::map<std::string, c10::KernelFunction> rules_;
};

inline void ensure_registered() {
  static Rules rules(torch::autograd::impl::getJitDecompImpl());
  torch::autograd::impl::setJitDecompImpl(&rules);
}

}  // namespace py2cpp::dual
