// Layers that LibTorch lacks, or whose options it lacks. Those without parameters are functions for a
// torch::nn::Functional, the others modules.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "py2cpp/copy.h"
#include "py2cpp/format.h"
#include "py2cpp/functional.h"
#include "py2cpp/shown.h"
#include "py2cpp/word.h"

namespace py2cpp {

// A layer without parameters: its class in Python, what it says of its options, and its function.
struct Layer {
  std::string name, extra;
  std::function<at::Tensor(at::Tensor)> function;
};
class LayerImpl : public torch::nn::FunctionalImpl {
 public:
  explicit LayerImpl(const Layer& made) : FunctionalImpl(made.function), kind(made.name), extra(made.extra) {}
  std::string kind, extra;
};

// ------------------------------------------------------------------------------------------- activations

class SiLUInPlaceImpl : public LayerImpl {
 public:
  explicit SiLUInPlaceImpl(bool inplace = false)
      : LayerImpl({"SiLU", inplace ? "inplace=True" : "", [=](at::Tensor x) { return inplace ? at::silu_(x) : at::silu(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(SiLUInPlace);
class MishInPlaceImpl : public LayerImpl {
 public:
  explicit MishInPlaceImpl(bool inplace = false)
      : LayerImpl({"Mish", inplace ? "inplace=True" : "", [=](at::Tensor x) { return inplace ? at::mish_(x) : at::mish(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(MishInPlace);
class HardswishImpl : public LayerImpl {
 public:
  explicit HardswishImpl(bool inplace = false)
      : LayerImpl({"Hardswish", "", [=](at::Tensor x) { return inplace ? at::hardswish_(x) : at::hardswish(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(Hardswish);
class HardsigmoidImpl : public LayerImpl {
 public:
  explicit HardsigmoidImpl(bool inplace = false)
      : LayerImpl({"Hardsigmoid", "", [=](at::Tensor x) { return inplace ? at::hardsigmoid_(x) : at::hardsigmoid(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(Hardsigmoid);

// Where no dimension is given, Python takes the first one of 0-, 1- and 3-dimensional tensors, else the second.
inline int64_t implicit_dim(const at::Tensor& x) { return x.dim() == 0 || x.dim() == 1 || x.dim() == 3 ? 0 : 1; }
using MaybeDtype = std::optional<at::ScalarType>;
inline at::Tensor softmax(const at::Tensor& x, MaybeDtype dtype = {}) { return at::softmax(x, implicit_dim(x), dtype); }
inline at::Tensor log_softmax(const at::Tensor& x, MaybeDtype dtype = {}) {
  return at::log_softmax(x, implicit_dim(x), dtype);
}
inline at::Tensor softmin(const at::Tensor& x, MaybeDtype dtype = {}) { return py2cpp::softmax(-x, dtype); }
class SoftmaxWithoutDimImpl : public LayerImpl {
 public:
  SoftmaxWithoutDimImpl() : LayerImpl({"Softmax", "dim=None", [](const at::Tensor& x) { return py2cpp::softmax(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(SoftmaxWithoutDim);
class LogSoftmaxWithoutDimImpl : public LayerImpl {
 public:
  LogSoftmaxWithoutDimImpl() : LayerImpl({"LogSoftmax", "dim=None", [](const at::Tensor& x) { return py2cpp::log_softmax(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(LogSoftmaxWithoutDim);
class SoftminWithoutDimImpl : public LayerImpl {
 public:
  SoftminWithoutDimImpl() : LayerImpl({"Softmin", "dim=None", [](const at::Tensor& x) { return py2cpp::softmin(x); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(SoftminWithoutDim);

// ---------------------------------------------------------------------------------- shapes, padding, pooling

class ChannelShuffleImpl : public LayerImpl {
 public:
  explicit ChannelShuffleImpl(int64_t groups)
      : LayerImpl({"ChannelShuffle", "groups=" + str(groups),
                   [=](const at::Tensor& x) { return at::channel_shuffle(x, groups); }}) {}
  PY2CPP_COPIED()
};
TORCH_MODULE(ChannelShuffle);

// A size as programs write it: one number, or one for each dimension.
template <class T>
std::string one_or_all(const std::vector<T>& values) {
  return values.size() == 1 ? str(values[0]) : tuple_str(values);
}

// The padding of both sides of N dimensions, given one number or 2 * N.
template <size_t N>
Layer circular_padding(at::IntArrayRef padding) {
  const auto sides = each<2 * N>(padding);
  return {"CircularPad" + std::to_string(N) + "d", tuple_str(std::vector<int64_t>(sides.begin(), sides.end())),
          [=](const at::Tensor& x) { return at::pad(x, sides, "circular"); }};
}
template <size_t N>
class CircularPadImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
template <size_t N>
class CircularPad : public torch::nn::ModuleHolder<CircularPadImpl<N>> {
 public:
  using torch::nn::ModuleHolder<CircularPadImpl<N>>::ModuleHolder;
};

template <size_t N>
Layer lp_pooling(double norm_type, std::vector<int64_t> kernel_size, std::vector<int64_t> stride, bool ceil_mode) {
  const std::string extra = "norm_type=" + str(norm_type) + ", kernel_size=" + one_or_all(kernel_size) + ", stride=" +
                            (stride.empty() ? "None" : one_or_all(stride)) + ", ceil_mode=" + str(ceil_mode);
  return {"LPPool" + std::to_string(N) + "d", extra,
          [=](const at::Tensor& x) { return lp_pool<N>(x, norm_type, kernel_size, stride, ceil_mode); }};
}
template <size_t N>
class LPPoolImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
template <size_t N>
class LPPool : public torch::nn::ModuleHolder<LPPoolImpl<N>> {
 public:
  using torch::nn::ModuleHolder<LPPoolImpl<N>>::ModuleHolder;
};

// A size, or that there is none.
inline at::OptionalIntArrayRef if_any(const std::vector<int64_t>& size) {
  return size.empty() ? at::OptionalIntArrayRef() : at::OptionalIntArrayRef(size);
}

template <size_t N>
Layer fractional_pooling(std::vector<int64_t> kernel_size, std::vector<int64_t> output_size,
                         std::vector<double> output_ratio) {
  return {"FractionalMaxPool" + std::to_string(N) + "d", "", [=](const at::Tensor& x) {
            return std::get<0>(fractional_max_pool<N>(x, kernel_size, if_any(output_size), output_ratio, {}));
          }};
}
template <size_t N>
class FractionalMaxPoolImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
template <size_t N>
class FractionalMaxPool : public torch::nn::ModuleHolder<FractionalMaxPoolImpl<N>> {
 public:
  using torch::nn::ModuleHolder<FractionalMaxPoolImpl<N>>::ModuleHolder;
};

// A fractional pooling layer with return_indices=True.
template <size_t N>
class FractionalMaxPoolWithIndicesImpl : public torch::nn::Module {
 public:
  FractionalMaxPoolWithIndicesImpl(std::vector<int64_t> kernel_size, std::vector<int64_t> output_size,
                                   std::vector<double> output_ratio)
      : kernel_size(std::move(kernel_size)), output_size(std::move(output_size)), output_ratio(std::move(output_ratio)) {}
  std::tuple<at::Tensor, at::Tensor> forward(const at::Tensor& x) {
    return fractional_max_pool<N>(x, kernel_size, if_any(output_size), output_ratio, {});
  }

  std::vector<int64_t> kernel_size;
  std::vector<int64_t> output_size;
  std::vector<double> output_ratio;
  PY2CPP_COPIED()
};
template <size_t N>
class FractionalMaxPoolWithIndices : public torch::nn::ModuleHolder<FractionalMaxPoolWithIndicesImpl<N>> {
 public:
  using torch::nn::ModuleHolder<FractionalMaxPoolWithIndicesImpl<N>>::ModuleHolder;
};

inline Layer interpolation(std::vector<int64_t> size, std::vector<double> scale_factor,
                           torch::nn::functional::InterpolateFuncOptions options = {},
                           const std::string& name = "Upsample") {
  const std::string extent = scale_factor.empty() ? "size=" + one_or_all(size) : "scale_factor=" + one_or_all(scale_factor);
  return {name, extent + ", mode='" + word_of(options.mode()) + "'",
          [=](const at::Tensor& x) { return interpolate(x, if_any(size), scale_factor, options); }};
}
inline Layer nearest_upsampling(std::vector<int64_t> size, std::vector<double> scale_factor) {
  return interpolation(std::move(size), std::move(scale_factor), {}, "UpsamplingNearest2d");
}
inline Layer bilinear_upsampling(std::vector<int64_t> size, std::vector<double> scale_factor) {
  const auto options = torch::nn::functional::InterpolateFuncOptions().mode(torch::kBilinear).align_corners(true);
  return interpolation(std::move(size), std::move(scale_factor), options, "UpsamplingBilinear2d");
}
class UpsampleImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
TORCH_MODULE(Upsample);
class UpsamplingNearest2dImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
TORCH_MODULE(UpsamplingNearest2d);
class UpsamplingBilinear2dImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  PY2CPP_COPIED()
};
TORCH_MODULE(UpsamplingBilinear2d);

// A pooling layer with return_indices=True.
template <class Pool>
class WithIndicesImpl : public Pool::ContainedType {
 public:
  using Pool::ContainedType::ContainedType;
  std::tuple<at::Tensor, at::Tensor> forward(const at::Tensor& input) { return this->forward_with_indices(input); }
  PY2CPP_COPIED()
};
template <class Pool>
class WithIndices : public torch::nn::ModuleHolder<WithIndicesImpl<Pool>> {
 public:
  using torch::nn::ModuleHolder<WithIndicesImpl<Pool>>::ModuleHolder;
};

// ------------------------------------------------------------------------------------------------ dropout

// Dropout of whole channels of N dimensions each.
template <int64_t N>
class ChannelDropoutImpl : public torch::nn::Module {
 public:
  explicit ChannelDropoutImpl(double p = 0.5, bool inplace = false)
      : Module("Dropout" + std::to_string(N) + "d"), p(p), inplace(inplace) {
    TORCH_CHECK_VALUE(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
  }
  // Two dimensions are dropped from whatever there is, as in Python; elsewhere the batch may be left out.
  at::Tensor forward(const at::Tensor& input) {
    const int64_t dims = N == 2 ? input.dim() : N + 2;
    if (!inplace) return channel_dropout(input, p, is_training(), dims);
    at::Tensor batched = input.dim() == dims ? input : input.unsqueeze(0);
    at::feature_dropout_(batched, p, is_training());
    return input;
  }

  double p;
  bool inplace;
  PY2CPP_COPIED()
};
template <int64_t N>
class ChannelDropout : public torch::nn::ModuleHolder<ChannelDropoutImpl<N>> {
 public:
  using torch::nn::ModuleHolder<ChannelDropoutImpl<N>>::ModuleHolder;
};

// --------------------------------------------------------------------------------------------------- norms

class RMSNormImpl : public torch::nn::Module {
 public:
  RMSNormImpl(std::vector<int64_t> shape, std::optional<double> eps, bool elementwise_affine)
      : normalized_shape(std::move(shape)), eps(eps) {
    if (elementwise_affine) weight = register_parameter("weight", at::ones(normalized_shape));
  }
  at::Tensor forward(const at::Tensor& input) {
    return at::rms_norm(input, normalized_shape, weight.defined() ? std::optional(weight) : std::nullopt, eps);
  }

  std::vector<int64_t> normalized_shape;
  std::optional<double> eps;
  at::Tensor weight;
  PY2CPP_COPIED(weight)
};
TORCH_MODULE(RMSNorm);

// A normalisation that has a weight and no bias.
template <class Norm>
class WithoutBiasImpl : public Norm::ContainedType, public Variant {
 public:
  template <class Options>
  explicit WithoutBiasImpl(const Options& options) : Norm::ContainedType(options) {
    remove_bias();
  }
  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& = std::nullopt) const override {
    const auto copy = std::make_shared<WithoutBiasImpl>(*this);
    copy->parameters_.clear();
    detail::buffers_of(*copy, detail::Key()).clear();
    copy->reset();
    copy->remove_bias();
    return copy;
  }

 private:
  void remove_bias() { this->bias = this->parameters_["bias"] = at::Tensor(); }
};
template <class Norm, class Options>
Norm without_bias(const Options& options) {
  const std::shared_ptr<typename Norm::ContainedType> made = std::make_shared<WithoutBiasImpl<Norm>>(options);
  return Norm(made);
}

// ------------------------------------------------------------------------------------------------- losses

class GaussianNLLLossImpl : public torch::nn::Module {
 public:
  GaussianNLLLossImpl(bool full, double eps, int64_t reduction) : full(full), eps(eps), reduction(reduction) {}
  template <class Variance>
  at::Tensor forward(const at::Tensor& input, const at::Tensor& target, const Variance& var) {
    return gaussian_nll_loss(input, target, var, full, eps, reduction);
  }

  bool full;
  double eps;
  int64_t reduction;
  PY2CPP_COPIED()
};
TORCH_MODULE(GaussianNLLLoss);

// nn.SmoothL1Loss, whose beta may be zero: LibTorch's gradient is another one there.
class SmoothL1LossImpl : public torch::nn::SmoothL1LossImpl {
 public:
  using torch::nn::SmoothL1LossImpl::SmoothL1LossImpl;
  at::Tensor forward(const at::Tensor& input, const at::Tensor& target) {
    const auto number = std::visit([](const auto& word) { return reduction(word); }, options.reduction());
    return py2cpp::smooth_l1_loss(input, target, number, options.beta().value_or(1.0));
  }
};
TORCH_MODULE(SmoothL1Loss);

// nn.CTCLoss with lengths that are lists.
inline at::Tensor ctc_loss(const torch::nn::CTCLoss& loss, const at::Tensor& log_probs, const at::Tensor& targets,
                           at::IntArrayRef input_lengths, at::IntArrayRef target_lengths) {
  const auto& options = loss->options;
  const auto number = std::visit([](const auto& word) { return reduction(word); }, options.reduction());
  return at::ctc_loss(log_probs, targets, input_lengths, target_lengths, options.blank(), number,
                      options.zero_infinity());
}

// nn.TripletMarginWithDistanceLoss: LibTorch's own adds the margin in another place.
class TripletMarginWithDistanceLossImpl : public torch::nn::Module {
 public:
  using Distance = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;
  TripletMarginWithDistanceLossImpl(Distance distance, double margin, bool swap, int64_t reduction)
      : distance_(std::move(distance)), margin_(margin), swap_(swap), reduction_(reduction) {}
  template <class M>
  TripletMarginWithDistanceLossImpl(torch::nn::ModuleHolder<M> module, double margin, bool swap, int64_t reduction)
      : TripletMarginWithDistanceLossImpl(
            [held = module.ptr()](const at::Tensor& a, const at::Tensor& b) { return held->forward(a, b); }, margin,
            swap, reduction) {
    register_module("distance_function", module);
  }
  at::Tensor forward(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& negative) {
    return triplet_margin_with_distance_loss(anchor, positive, negative, distance_, margin_, swap_, reduction_);
  }

 private:
  Distance distance_;
  double margin_;
  bool swap_;
  int64_t reduction_;
};
TORCH_MODULE(TripletMarginWithDistanceLoss);

// The numbers of an ExpandingArray, as a tuple.
template <size_t N>
auto sizes(const torch::ExpandingArray<N>& values) {
  return std::tuple_cat(*values);
}

// The padding of a convolution that is given in numbers, as a tuple.
template <size_t N>
auto padding(const torch::ExpandingArray<N>& values) {
  return sizes<N>(values);
}
template <size_t N, class... Words>
auto padding(const std::variant<torch::ExpandingArray<N>, Words...>& padding) {
  const auto* values = std::get_if<torch::ExpandingArray<N>>(&padding);
  TORCH_CHECK_TYPE(values != nullptr, "this padding is a word, not numbers");
  return sizes<N>(*values);
}

// What a convolution does with a weight and a bias that it is given.
template <size_t N, class Options>
at::Tensor conv_forward(const Options& options, const at::Tensor& input, const at::Tensor& weight,
                        const std::optional<at::Tensor>& bias) {
  TORCH_CHECK(torch::enumtype::get_enum_name(options.padding_mode()) == "kZeros", "only zeros can be padded with here");
  torch::nn::functional::ConvFuncOptions<N> given;
  given.stride(options.stride()).padding(options.padding()).dilation(options.dilation()).groups(options.groups());
  if (bias) given.bias(*bias);
  if constexpr (N == 1) return torch::nn::functional::conv1d(input, weight, given);
  else if constexpr (N == 2) return torch::nn::functional::conv2d(input, weight, given);
  else return torch::nn::functional::conv3d(input, weight, given);
}

// The word that a loss's reduction is.
template <class Reduction>
std::string reduction_name(const Reduction& reduction) {
  const auto word = torch::enumtype::get_enum_name(reduction);
  return word.substr(1, 1) == "M" ? "mean" : word.substr(1, 1) == "S" ? "sum" : "none";
}

}  // namespace py2cpp
