// torch.nn.functional where Python composes operations, or takes arguments in other forms than ATen does.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace py2cpp {

// ATen's number of a reduction.
inline int64_t reduction(torch::enumtype::kNone) { return at::Reduction::None; }
inline int64_t reduction(torch::enumtype::kMean) { return at::Reduction::Mean; }
inline int64_t reduction(torch::enumtype::kSum) { return at::Reduction::Sum; }
using Reduction = std::variant<torch::enumtype::kNone, torch::enumtype::kMean, torch::enumtype::kSum>;
inline int64_t reduction(const Reduction& word) { return torch::enumtype::reduction_get_enum(word); }

inline at::Tensor reduced(const at::Tensor& loss, int64_t reduction) {
  if (reduction == at::Reduction::Mean) return loss.mean();
  return reduction == at::Reduction::Sum ? loss.sum() : loss;
}

// A list of numbers or None, as `{1.5, 2.0}` and `{}` say it too.
struct OptionalNumbers : std::optional<std::vector<double>> {
  OptionalNumbers() = default;
  OptionalNumbers(std::initializer_list<double> numbers) : optional(std::vector<double>(numbers)) {}
  OptionalNumbers(std::vector<double> numbers) : optional(std::move(numbers)) {}
  OptionalNumbers(std::optional<std::vector<double>> numbers) : optional(std::move(numbers)) {}
};

// One number for each of N dimensions, given one or N of them.
template <size_t N>
std::array<int64_t, N> each(at::IntArrayRef values) {
  TORCH_CHECK(values.size() == 1 || values.size() == N, "expected 1 or ", N, " values, got ", values.size());
  std::array<int64_t, N> result{};
  for (size_t i = 0; i < N; ++i) result[i] = values[values.size() == 1 ? 0 : i];
  return result;
}

// The output size of adaptive pooling: None keeps the input's size, one number stands for all dimensions.
template <size_t N>
std::array<int64_t, N> adaptive_size(const at::Tensor& input, const std::vector<std::optional<int64_t>>& wanted) {
  TORCH_CHECK(wanted.size() == 1 || wanted.size() == N, "expected 1 or ", N, " values, got ", wanted.size());
  std::array<int64_t, N> result{};
  for (size_t i = 0; i < N; ++i) {
    const auto& one = wanted[wanted.size() == 1 ? 0 : i];
    result[i] = one ? *one : input.size(static_cast<int64_t>(i) - static_cast<int64_t>(N));
  }
  return result;
}

template <size_t N>
at::Tensor adaptive_avg_pool(const at::Tensor& input, const std::vector<std::optional<int64_t>>& output_size) {
  const auto size = adaptive_size<N>(input, output_size);
  if constexpr (N == 2) return at::adaptive_avg_pool2d(input, size);
  else return at::adaptive_avg_pool3d(input, size);
}

template <size_t N>
std::tuple<at::Tensor, at::Tensor> adaptive_max_pool(const at::Tensor& input,
                                                     const std::vector<std::optional<int64_t>>& output_size) {
  const auto size = adaptive_size<N>(input, output_size);
  if constexpr (N == 2) return at::adaptive_max_pool2d(input, size);
  else return at::adaptive_max_pool3d(input, size);
}

template <size_t N>
at::Tensor lp_pool(const at::Tensor& input, double norm_type, at::IntArrayRef kernel_size, at::IntArrayRef stride,
                   bool ceil_mode) {
  const auto kernel = each<N>(kernel_size);
  const auto count = std::accumulate(kernel.begin(), kernel.end(), int64_t{1}, std::multiplies<>());
  const auto max_pool = [&](const at::Tensor& x) {
    if constexpr (N == 1) return at::max_pool1d(x, kernel, stride, 0, 1, ceil_mode);
    else if constexpr (N == 2) return at::max_pool2d(x, kernel, stride, 0, 1, ceil_mode);
    else return at::max_pool3d(x, kernel, stride, 0, 1, ceil_mode);
  };
  if (std::isinf(norm_type)) return norm_type > 0 ? max_pool(input.abs()) : -max_pool(-input.abs());
  const at::Tensor powers = input.pow(norm_type);
  at::Tensor out;
  if constexpr (N == 1) out = at::avg_pool1d(powers, kernel, stride, 0, ceil_mode);
  else if constexpr (N == 2) out = at::avg_pool2d(powers, kernel, stride, 0, ceil_mode);
  else out = at::avg_pool3d(powers, kernel, stride, 0, ceil_mode);
  return at::sign(out).mul(at::relu(at::abs(out))).mul(count).pow(1.0 / norm_type);
}

// Random samples are drawn here as Python does; `ratio` stands for the size where there is none.
template <size_t N>
std::tuple<at::Tensor, at::Tensor> fractional_max_pool(const at::Tensor& input, at::IntArrayRef kernel_size,
                                                       at::OptionalIntArrayRef output_size,
                                                       const std::vector<double>& ratio, const at::Tensor& samples) {
  constexpr auto dims = static_cast<int64_t>(N);
  std::array<int64_t, N> size{};
  if (output_size) {
    size = each<N>(*output_size);
  } else {
    TORCH_CHECK(!ratio.empty(), "fractional_max_pool needs either an output_size or an output_ratio");
    for (int64_t i = 0; i < dims; ++i) {
      const double scale = ratio[ratio.size() == 1 ? 0 : static_cast<size_t>(i)];
      size[i] = static_cast<int64_t>(static_cast<double>(input.size(i - dims)) * scale);
    }
  }
  at::Tensor random = samples;
  if (!random.defined()) {
    const int64_t batches = input.dim() == dims + 1 ? 1 : input.size(0);
    random = at::rand({batches, input.size(-dims - 1), dims}, input.options().requires_grad(false));
  }
  if constexpr (N == 2) return at::fractional_max_pool2d(input, each<N>(kernel_size), size, random);
  else return at::fractional_max_pool3d(input, each<N>(kernel_size), size, random);
}

template <size_t N>
at::Tensor max_unpool(const at::Tensor& input, const at::Tensor& indices, at::IntArrayRef kernel_size,
                      at::IntArrayRef strides, at::IntArrayRef padding, at::OptionalIntArrayRef output_size) {
  const auto kernel = each<N>(kernel_size), pad = each<N>(padding);
  const auto stride = strides.empty() ? kernel : each<N>(strides);
  std::array<int64_t, N> size{};
  for (size_t i = 0; i < N; ++i) {
    const int64_t extent = input.size(static_cast<int64_t>(i) - static_cast<int64_t>(N));
    size[i] = (extent - 1) * stride[i] + kernel[i] - 2 * pad[i];
  }
  if (output_size) {
    const auto wanted = each<N>(output_size->slice(output_size->size() == N + 2 ? 2 : 0));
    for (size_t i = 0; i < N; ++i) {
      TORCH_CHECK_VALUE(size[i] - stride[i] < wanted[i] && wanted[i] < size[i] + stride[i], "invalid output_size");
    }
    size = wanted;
  }
  if constexpr (N == 1) {
    const at::Tensor plane = at::max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), {size[0], 1});
    return plane.squeeze(-1);
  } else if constexpr (N == 2) {
    return at::max_unpool2d(input, indices, size);
  } else {
    return at::max_unpool3d(input, indices, size, stride, pad);
  }
}

// Modes and paddings have the numbers of their places in these lists.
using SampleMode =
    std::variant<torch::enumtype::kBilinear, torch::enumtype::kNearest, torch::enumtype::kBicubic>;
using SamplePadding =
    std::variant<torch::enumtype::kZeros, torch::enumtype::kBorder, torch::enumtype::kReflection>;

inline at::Tensor grid_sample(const at::Tensor& input, const at::Tensor& grid, const SampleMode& mode,
                              const SamplePadding& padding, std::optional<bool> corners) {
  const auto number = [](const auto& word) { return static_cast<int64_t>(word.index()); };
  return at::grid_sampler(input, grid, number(mode), number(padding), corners.value_or(false));
}

// Dropout of whole channels: `batched` is the number of dimensions of an input with a batch dimension.
inline at::Tensor channel_dropout(const at::Tensor& input, double p, bool training, int64_t batched) {
  if (input.dim() == batched) return at::feature_dropout(input, p, training);
  return at::feature_dropout(input.unsqueeze(0), p, training).squeeze(0);
}

inline at::Tensor interpolate(const at::Tensor& input, at::OptionalIntArrayRef size,
                              const std::vector<double>& scale_factor,
                              torch::nn::functional::InterpolateFuncOptions options = {}) {
  const size_t dims = static_cast<size_t>(input.dim()) - 2;
  const auto spread = [&](const auto& values) {
    using T = std::decay_t<decltype(values[0])>;
    return values.size() == 1 ? std::vector<T>(dims, values[0]) : std::vector<T>(values.begin(), values.end());
  };
  if (size) options.size(spread(*size));
  if (!scale_factor.empty()) options.scale_factor(spread(scale_factor));
  return torch::nn::functional::interpolate(input, options);
}

// The arguments may stand in the order that torch once had: weight, input.
inline at::Tensor embedding_bag(const at::Tensor& input, const at::Tensor& weight,
                                const torch::nn::functional::EmbeddingBagFuncOptions& options = {}) {
  const bool swapped = weight.scalar_type() == at::kLong && input.is_floating_point();
  return torch::nn::functional::embedding_bag(swapped ? weight : input, swapped ? input : weight, options);
}

// Python takes another operation where beta is zero.
inline at::Tensor smooth_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction, double beta) {
  const auto both = at::broadcast_tensors({input, target});
  if (beta == 0.0) return at::l1_loss(both[0], both[1], reduction);
  return at::smooth_l1_loss(both[0], both[1], reduction, beta);
}

inline at::Tensor gaussian_nll_loss(const at::Tensor& input, const at::Tensor& target, at::Tensor var, bool full,
                                    double eps, int64_t reduction) {
  TORCH_CHECK_VALUE(!at::any(var < 0).item<bool>(), "var has negative entry/entries");
  if (var.sizes() != input.sizes()) {
    int64_t differing = 0;
    for (int64_t i = 0; i < std::min(input.dim(), var.dim()); ++i) {
      if (input.size(i) != var.size(i)) differing += var.size(i);
    }
    if (input.dim() > 0 && input.sizes().slice(0, input.dim() - 1) == var.sizes()) var = var.unsqueeze(-1);
    else TORCH_CHECK_VALUE(input.dim() == var.dim() && differing == 1, "var is of incorrect size");
  }
  var = var.clone();
  {
    at::NoGradGuard no_grad;
    var.clamp_(eps);
  }
  at::Tensor loss = at::log(var).add((input - target).pow(2).div(var)).mul(0.5);
  if (full) loss += 0.5 * std::log(2 * 3.141592653589793);
  return reduced(loss, reduction);
}
inline at::Tensor gaussian_nll_loss(const at::Tensor& input, const at::Tensor& target, double var, bool full,
                                    double eps, int64_t reduction) {
  TORCH_CHECK_VALUE(var >= 0, "var has negative entry/entries");
  return gaussian_nll_loss(input, target, var * at::ones_like(input), full, eps, reduction);
}

inline at::Tensor multilabel_soft_margin_loss(const at::Tensor& input, const at::Tensor& target,
                                              const at::Tensor& weight, int64_t reduction) {
  at::Tensor loss = target.mul(at::log_sigmoid(input)).add(at::rsub(target, 1).mul(at::log_sigmoid(-input))).neg();
  if (weight.defined()) loss = loss * weight;
  return reduced(loss.sum(input.dim() - 1) / input.size(input.dim() - 1), reduction);
}

template <class Distance>
at::Tensor triplet_margin_with_distance_loss(const at::Tensor& anchor, const at::Tensor& positive,
                                             const at::Tensor& negative, const Distance& distance, double margin,
                                             bool swap, int64_t reduction) {
  const at::Tensor near = distance(anchor, positive);
  at::Tensor far = distance(anchor, negative);
  if (swap) far = at::minimum(far, distance(positive, negative));
  return reduced(at::clamp_min(margin + near - far, 0), reduction);
}
inline at::Tensor pairwise_distance(const at::Tensor& a, const at::Tensor& b) { return at::pairwise_distance(a, b); }

}  // namespace py2cpp
