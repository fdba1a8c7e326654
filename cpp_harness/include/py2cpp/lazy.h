// Layers that learn the width of their input from the first one: Python's LazyLinear, LazyConv2d and their kin.
#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "py2cpp/factory.h"
#include "py2cpp/linear.h"

namespace py2cpp {
namespace detail {

inline void set_inputs(torch::nn::LinearOptions& options, const at::Tensor& input) {
  options.in_features(input.size(-1));
}
template <class Options>
void set_channels(Options& options, const at::Tensor& input, int64_t dimensions) {
  const int64_t dim = input.dim();
  TORCH_CHECK(dim == dimensions + 1 || dim == dimensions + 2, "Expected ", dimensions + 1, "D (unbatched) or ",
              dimensions + 2, "D (batched) input, but got input of size: ", input.sizes());
  options.in_channels(input.size(dim - dimensions - 1));
}
template <size_t D>
void set_inputs(torch::nn::ConvOptions<D>& options, const at::Tensor& input) {
  set_channels(options, input, D);
}
template <size_t D>
void set_inputs(torch::nn::ConvTransposeOptions<D>& options, const at::Tensor& input) {
  set_channels(options, input, D);
}
template <class Options>
auto set_inputs(Options& options, const at::Tensor& input) -> decltype(options.num_features(), void()) {
  options.num_features(input.size(1));
}

template <class Options>
auto has_bias(const Options& options, int) -> decltype(options.bias()) {
  return options.bias();
}
template <class Options>
bool has_bias(const Options& options, long) {
  return options.affine();
}
template <class Options>
auto has_weight(const Options& options, int) -> decltype(options.affine()) {
  return options.affine();
}
template <class Options>
bool has_weight(const Options&, long) {
  return true;
}
template <class Options>
auto has_averages(const Options& options, int) -> decltype(options.track_running_stats()) {
  return options.track_running_stats();
}
template <class Options>
bool has_averages(const Options&, long) {
  return false;
}
}  // namespace detail

// Parameters and buffers are there from the start, without a shape: an optimizer has the very tensors that get one.
template <class Layer, class Options>
class LazyImpl : public torch::nn::Module {
 public:
  explicit LazyImpl(const Options& given = Options(0)) : options(given) {
    if (detail::has_weight(options, 0)) weight = register_parameter("weight", at::empty({0}));
    if (detail::has_bias(options, 0)) bias = register_parameter("bias", at::empty({0}));
    if (!detail::has_averages(options, 0)) return;
    running_mean = register_buffer("running_mean", at::empty({0}));
    running_var = register_buffer("running_var", at::empty({0}));
    num_batches_tracked = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
  }

  at::Tensor forward(const at::Tensor& input) {
    if (layer_.is_empty()) materialize(input);
    layer_->train(is_training());
    return layer_->forward(input);
  }
  void reset_parameters() {
    if (!layer_.is_empty()) layer_->reset_parameters();
  }

  Options options;
  at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;

 private:
  void materialize(const at::Tensor& input) {
    const at::Tensor& known = weight.defined() ? weight : running_mean;
    const DefaultDtype scope(known.defined() ? known.dtype() : at::get_default_dtype());
    detail::set_inputs(options, input);
    layer_ = Layer(options);
    give(weight, layer_->weight);
    give(bias, layer_->bias);
    averages(*layer_, 0);
  }
  template <class Impl>
  auto averages(Impl& layer, int) -> decltype(layer.running_mean, void()) {
    give(running_mean, layer.running_mean);
    give(running_var, layer.running_var);
    if (num_batches_tracked.defined()) layer.num_batches_tracked = num_batches_tracked;
  }
  template <class Impl>
  void averages(Impl&, long) {}
  static void give(at::Tensor& own, at::Tensor& made) {
    if (!own.defined()) return;
    own.set_data(made.variable_data());
    made = own;
  }

  Layer layer_{nullptr};
};

// Python's lazy instance norms have parameters and averages, where its other ones have none.
template <class Options>
Options with_averages() {
  return Options(0).affine(true).track_running_stats(true);
}
template <class Layer, class Options>
class LazyInstanceImpl : public LazyImpl<Layer, Options> {
 public:
  explicit LazyInstanceImpl(const Options& given = with_averages<Options>()) : LazyImpl<Layer, Options>(given) {}
};

using LazyLinearImpl = LazyImpl<Linear, torch::nn::LinearOptions>;
using LazyConv1dImpl = LazyImpl<torch::nn::Conv1d, torch::nn::Conv1dOptions>;
using LazyConv2dImpl = LazyImpl<torch::nn::Conv2d, torch::nn::Conv2dOptions>;
using LazyConv3dImpl = LazyImpl<torch::nn::Conv3d, torch::nn::Conv3dOptions>;
using LazyConvTranspose1dImpl = LazyImpl<torch::nn::ConvTranspose1d, torch::nn::ConvTranspose1dOptions>;
using LazyConvTranspose2dImpl = LazyImpl<torch::nn::ConvTranspose2d, torch::nn::ConvTranspose2dOptions>;
using LazyConvTranspose3dImpl = LazyImpl<torch::nn::ConvTranspose3d, torch::nn::ConvTranspose3dOptions>;
using LazyBatchNorm1dImpl = LazyImpl<torch::nn::BatchNorm1d, torch::nn::BatchNormOptions>;
using LazyBatchNorm2dImpl = LazyImpl<torch::nn::BatchNorm2d, torch::nn::BatchNormOptions>;
using LazyBatchNorm3dImpl = LazyImpl<torch::nn::BatchNorm3d, torch::nn::BatchNormOptions>;
using LazyInstanceNorm1dImpl = LazyInstanceImpl<torch::nn::InstanceNorm1d, torch::nn::InstanceNormOptions>;
using LazyInstanceNorm2dImpl = LazyInstanceImpl<torch::nn::InstanceNorm2d, torch::nn::InstanceNormOptions>;
using LazyInstanceNorm3dImpl = LazyInstanceImpl<torch::nn::InstanceNorm3d, torch::nn::InstanceNormOptions>;
TORCH_MODULE(LazyLinear);
TORCH_MODULE(LazyConv1d);
TORCH_MODULE(LazyConv2d);
TORCH_MODULE(LazyConv3d);
TORCH_MODULE(LazyConvTranspose1d);
TORCH_MODULE(LazyConvTranspose2d);
TORCH_MODULE(LazyConvTranspose3d);
TORCH_MODULE(LazyBatchNorm1d);
TORCH_MODULE(LazyBatchNorm2d);
TORCH_MODULE(LazyBatchNorm3d);
TORCH_MODULE(LazyInstanceNorm1d);
TORCH_MODULE(LazyInstanceNorm2d);
TORCH_MODULE(LazyInstanceNorm3d);

}  // namespace py2cpp
