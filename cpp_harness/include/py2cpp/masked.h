// torch.masked for dense tensors: the compositions of torch/masked/_ops.py, in the same order.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

namespace py2cpp::masked {

using Dtype = std::optional<at::ScalarType>;

inline std::vector<int64_t> dimensions(at::OptionalIntArrayRef dim, int64_t ndim) {
  std::vector<int64_t> dims;
  if (!dim || dim->empty()) {
    for (int64_t d = 0; d < ndim; ++d) dims.push_back(d);
    return dims;
  }
  for (const int64_t d : *dim) dims.push_back(c10::maybe_wrap_dim(d, std::max<int64_t>(ndim, 1)));
  std::sort(dims.begin(), dims.end());
  return dims;
}

inline at::Tensor input_mask(const at::Tensor& input, at::Tensor mask) {
  if (mask.sizes() != input.sizes()) mask = at::broadcast_to(mask.clone(), input.sizes()).to(at::kBool);
  return mask.to(at::kBool);
}

// The input where the mask is true, elsewhere the number that the reduction leaves alone.
inline at::Tensor combined(const at::Tensor& input, const at::Tensor& mask, const at::Scalar& identity) {
  if (!mask.defined()) return input;
  return at::where(input_mask(input, mask), input, at::scalar_tensor(identity, input.options().requires_grad(false)));
}

// The least, or the greatest, number of the input's dtype.
inline at::Scalar extreme(const at::Tensor& input, bool greatest) {
  if (input.is_floating_point() || input.is_complex()) {
    const double infinity = std::numeric_limits<double>::infinity();
    return greatest ? infinity : -infinity;
  }
  return AT_DISPATCH_INTEGRAL_TYPES(input.scalar_type(), "masked", [&]() -> at::Scalar {
    using Limits = std::numeric_limits<scalar_t>;
    return static_cast<int64_t>(greatest ? Limits::max() : Limits::lowest());
  });
}

inline at::ScalarType dtype_or(Dtype dtype, const at::Tensor& input) { return dtype.value_or(input.scalar_type()); }

inline at::ScalarType summed(Dtype dtype, const at::Tensor& input) {
  if (dtype) return *dtype;
  return at::isIntegralType(input.scalar_type(), /*includeBool=*/true) ? at::kLong : input.scalar_type();
}

inline at::Tensor sum(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                      const at::Tensor& mask) {
  return at::sum(combined(input, mask, 0), dimensions(dim, input.dim()), keepdim, summed(dtype, input));
}

inline at::Tensor prod(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                       const at::Tensor& mask) {
  const auto dims = dimensions(dim, input.dim());
  at::Tensor result = combined(input, mask, 1).to(summed(dtype, input));
  for (auto d = dims.rbegin(); d != dims.rend(); ++d) result = result.prod(*d, keepdim);
  return result;
}

inline at::Tensor cumsum(const at::Tensor& input, int64_t dim, Dtype dtype, const at::Tensor& mask) {
  const auto type = dtype_or(dtype, input);
  return at::cumsum(combined(input, mask, 0), dimensions(dim, input.dim())[0], type).to(type);
}

inline at::Tensor cumprod(const at::Tensor& input, int64_t dim, Dtype dtype, const at::Tensor& mask) {
  const auto type = dtype_or(dtype, input);
  return at::cumprod(combined(input, mask, 1), dimensions(dim, input.dim())[0], type).to(type);
}

inline at::Tensor amax(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                       const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, false)) : input;
  return at::amax(kept, dimensions(dim, input.dim()), keepdim).to(dtype_or(dtype, input));
}

inline at::Tensor amin(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                       const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, true)) : input;
  return at::amin(kept, dimensions(dim, input.dim()), keepdim).to(dtype_or(dtype, input));
}

inline at::Tensor argmax(const at::Tensor& input, std::optional<int64_t> dim, bool keepdim, Dtype dtype,
                         const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, false)) : input;
  return at::argmax(kept, dim, keepdim).to(dtype_or(dtype, input));
}

inline at::Tensor argmin(const at::Tensor& input, std::optional<int64_t> dim, bool keepdim, Dtype dtype,
                         const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, true)) : input;
  return at::argmin(kept, dim, keepdim).to(dtype_or(dtype, input));
}

// How many numbers count, along the dimensions.
inline at::Tensor count(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, const at::Tensor& mask) {
  if (mask.defined()) return at::sum(mask, dim, keepdim);
  return sum(at::ones(input.sizes(), input.options().dtype(at::kLong).requires_grad(false)), dim, keepdim, {}, {});
}

inline at::Tensor mean(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                       const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? input_mask(input, mask) : mask;
  const at::Tensor total = sum(input, dim, keepdim, dtype_or(dtype, input), kept);
  return total / count(input, dim, keepdim, kept);
}

inline at::Tensor median(const at::Tensor& input, int64_t dim, bool keepdim, Dtype dtype, const at::Tensor& mask) {
  const bool is_float = input.is_floating_point();
  const at::Tensor numbers = is_float ? input : input.to(at::kFloat);
  const at::Tensor kept = combined(numbers, mask, std::numeric_limits<double>::quiet_NaN());
  const at::Tensor output = std::get<0>(at::nanmedian(kept, dimensions(dim, input.dim())[0], keepdim));
  if (is_float) return output;
  TORCH_CHECK_VALUE(!at::isnan(output).any().item<bool>(), "masked median expects no fully masked out rows");
  return output.to(dtype_or(dtype, input));
}

inline at::Tensor logsumexp(const at::Tensor& input, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                            const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, false)) : input;
  return at::logsumexp(kept, dimensions(dim, input.dim()), keepdim).to(dtype_or(dtype, input));
}

inline at::Tensor logaddexp(const at::Tensor& input, const at::Tensor& other, Dtype dtype,
                            const at::Tensor& input_mask, const at::Tensor& other_mask) {
  const at::Tensor a = input_mask.defined() ? combined(input, input_mask, extreme(input, false)) : input;
  const at::Tensor b = other_mask.defined() ? combined(other, other_mask, extreme(other, false)) : other;
  return at::logaddexp(a, b).to(dtype_or(dtype, input));
}

inline at::Tensor norm(const at::Tensor& input, double ord, at::OptionalIntArrayRef dim, bool keepdim, Dtype dtype,
                       const at::Tensor& mask) {
  const double infinity = std::numeric_limits<double>::infinity();
  const at::Tensor kept = combined(input, mask, ord == -infinity ? infinity : 0.0);
  return at::linalg_vector_norm(kept, ord, dimensions(dim, input.dim()), keepdim, dtype_or(dtype, input));
}

inline at::Tensor var(const at::Tensor& input, at::OptionalIntArrayRef dim, std::optional<bool> unbiased,
                      std::optional<double> correction_opt, bool keepdim, Dtype dtype, const at::Tensor& mask) {
  const double correction = correction_opt.value_or(unbiased.value_or(true) ? 1.0 : 0.0);
  const bool exact = input.is_floating_point() || input.is_complex();
  const at::ScalarType type = dtype.value_or(exact ? input.scalar_type() : at::kFloat);
  const bool inexact = at::isFloatingType(type) || at::isComplexType(type);
  const at::ScalarType compute = inexact ? type : at::kFloat;
  const at::Tensor kept = mask.defined() ? input_mask(input, mask) : mask;
  at::Tensor number = count(input, dim, /*keepdim=*/true, kept);
  const at::Tensor mean = at::divide(sum(input, dim, /*keepdim=*/true, type, kept), number);
  const at::Tensor x = at::subtract(input, mean);
  const at::Tensor total = sum(x * x.conj(), dim, keepdim, compute, kept);
  if (!keepdim) number = number.reshape(total.sizes());
  if (correction != 0) {
    number = at::subtract(number.to(c10::toRealValueType(compute)), at::Scalar(correction));
    number = at::maximum(number, number.new_zeros(at::IntArrayRef{}));
  }
  return at::divide(total, number).to(type);
}

inline at::Tensor std(const at::Tensor& input, at::OptionalIntArrayRef dim, std::optional<bool> unbiased,
                      std::optional<double> correction, bool keepdim, Dtype dtype, const at::Tensor& mask) {
  return at::sqrt(var(input, dim, unbiased, correction, keepdim, dtype, mask));
}

inline at::Tensor softmax(const at::Tensor& input, int64_t dim, Dtype dtype, const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, false)) : input;
  return at::softmax(kept, dimensions(dim, input.dim())[0], dtype_or(dtype, input));
}

inline at::Tensor log_softmax(const at::Tensor& input, int64_t dim, Dtype dtype, const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, false)) : input;
  return at::log_softmax(kept, dimensions(dim, input.dim())[0], dtype_or(dtype, input));
}

inline at::Tensor softmin(const at::Tensor& input, int64_t dim, Dtype dtype, const at::Tensor& mask) {
  const at::Tensor kept = mask.defined() ? combined(input, mask, extreme(input, true)) : input;
  return at::softmax(-kept, dimensions(dim, input.dim())[0], dtype_or(dtype, input));
}

inline at::Tensor normalize(const at::Tensor& input, double ord, int64_t dim, double eps, Dtype dtype,
                            const at::Tensor& mask) {
  const at::Tensor length = norm(input, ord, dim, /*keepdim=*/true, dtype, mask);
  const at::Tensor least = length.new_full(at::IntArrayRef{}, eps);
  const at::Tensor divisor = at::maximum(length, least);
  return at::divide(combined(input, mask, 0), divisor);
}

}  // namespace py2cpp::masked
