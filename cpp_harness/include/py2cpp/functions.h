// Functions of torch that Python implements itself, or whose result depends on a flag.
#pragma once

#include <ATen/ExpandUtils.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace py2cpp {

// Some items of a tuple.
template <size_t... I, class Tuple>
auto items(const Tuple& values) {
  return std::make_tuple(std::get<I>(values)...);
}

// Some items of a tuple, copied into the tensors that `out=` names.
template <size_t... I, class Tuple>
auto filled(const std::array<at::Tensor, sizeof...(I)>& out, const Tuple& values) {
  (out[I].resize_as_(std::get<I>(values)).copy_(std::get<I>(values)), ...);
  return std::make_tuple(out[I]...);
}

using Unique = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

inline Unique unique(const at::Tensor& input, bool sorted, bool return_inverse, bool return_counts,
                     std::optional<int64_t> dim = std::nullopt) {
  if (dim) return at::unique_dim(input, *dim, sorted, return_inverse, return_counts);
  return at::_unique2(input, sorted, return_inverse, return_counts);
}

inline Unique unique_consecutive(const at::Tensor& input, bool return_inverse, bool return_counts,
                                 std::optional<int64_t> dim = std::nullopt) {
  return at::unique_consecutive(input, return_inverse, return_counts, dim);
}

inline std::vector<int64_t> broadcast_shapes(const std::vector<std::vector<int64_t>>& shapes) {
  std::vector<int64_t> size;
  for (const std::vector<int64_t>& shape : shapes) size = at::infer_size(size, shape);
  return size;
}

using Dims = std::vector<std::vector<int64_t>>;

// The last dimensions of one tensor, and the first of the other.
inline Dims adjacent_dims(const at::Tensor& a, const at::Tensor& b, int64_t dims) {
  TORCH_CHECK(dims >= 0 && dims <= std::min(a.dim(), b.dim()), "tensordot: wrong number of dims, ", dims);
  std::vector<int64_t> last(dims), first(dims);
  std::iota(last.begin(), last.end(), -dims);
  std::iota(first.begin(), first.end(), int64_t{0});
  return {last, first};
}
inline at::Tensor tensordot(const at::Tensor& a, const at::Tensor& b, const Dims& dims) {
  return at::tensordot(a, b, dims.at(0), dims.at(1));
}
inline at::Tensor tensordot(const at::Tensor& a, const at::Tensor& b, int64_t dims) {
  return tensordot(a, b, adjacent_dims(a, b, dims));
}
inline at::Tensor tensordot_out(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const Dims& dims) {
  return at::tensordot_out(out, a, b, dims.at(0), dims.at(1));
}
inline at::Tensor tensordot_out(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, int64_t dims) {
  return tensordot_out(out, a, b, adjacent_dims(a, b, dims));
}

inline c10::List<std::optional<at::Tensor>> index_list(at::TensorList indices) {
  c10::List<std::optional<at::Tensor>> list;
  for (const at::Tensor& index : indices) list.push_back(index);
  return list;
}

inline at::Tensor index_put(const at::Tensor& self, at::TensorList indices, const at::Tensor& values,
                            bool accumulate = false) {
  return at::index_put(self, index_list(indices), values, accumulate);
}

inline at::Tensor index_put_(at::Tensor self, at::TensorList indices, const at::Tensor& values,
                             bool accumulate = false) {
  return at::index_put_(self, index_list(indices), values, accumulate);
}

// torch/functional.py: the coefficients of the shape's dimensions, by division and remainder.
inline std::vector<at::Tensor> unravel_index(const at::Tensor& indices, at::IntArrayRef shape) {
  std::vector<int64_t> coefficients(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) coefficients[i - 1] = coefficients[i] * shape[i];
  const at::Tensor divided = indices.unsqueeze(-1).floor_divide(at::tensor(coefficients));
  return divided.remainder(at::tensor(shape)).unbind(-1);
}

// torch/functional.py: the signal is padded in Python, ATen's stft that pads by itself views it in another way.
inline at::Tensor stft(at::Tensor input, int64_t n_fft, std::optional<int64_t> hop_length,
                       std::optional<int64_t> win_length, const std::optional<at::Tensor>& window, bool center,
                       const std::string& pad_mode, bool normalized, std::optional<bool> onesided,
                       std::optional<bool> return_complex, std::optional<bool> align_to_window = std::nullopt) {
  TORCH_CHECK(!center || !align_to_window, "stft align_to_window should only be set when center = false");
  if (center) {
    std::vector<int64_t> extended(3 - input.dim(), 1);
    extended.insert(extended.end(), input.sizes().begin(), input.sizes().end());
    const at::Tensor padded = at::pad(input.view(extended), {n_fft / 2, n_fft / 2}, pad_mode);
    input = padded.view(padded.sizes().slice(padded.dim() - input.dim()));
  }
  return at::stft(input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex,
                  align_to_window);
}

template <class Spacing>
std::vector<at::Tensor> gradient(const at::Tensor& input, const std::vector<Spacing>& spacing,
                                 at::OptionalIntArrayRef dim, int64_t edge_order) {
  const auto call = [&](auto list) {
    if (!dim) return at::gradient(input, list, std::nullopt, edge_order);
    return at::gradient(input, list, *dim, edge_order);
  };
  if constexpr (std::is_same_v<Spacing, at::Tensor>) {
    return call(at::TensorList(spacing));
  } else {
    const std::vector<at::Scalar> scalars(spacing.begin(), spacing.end());
    return call(at::ArrayRef<at::Scalar>(scalars));
  }
}
// As lists are written out in C++.
inline std::vector<at::Tensor> gradient(const at::Tensor& input, std::initializer_list<double> spacing,
                                        at::OptionalIntArrayRef dim, int64_t edge_order) {
  return gradient(input, std::vector<double>(spacing), dim, edge_order);
}
inline std::vector<at::Tensor> gradient(const at::Tensor& input, std::initializer_list<at::Tensor> spacing,
                                        at::OptionalIntArrayRef dim, int64_t edge_order) {
  return gradient(input, std::vector<at::Tensor>(spacing), dim, edge_order);
}

}  // namespace py2cpp
