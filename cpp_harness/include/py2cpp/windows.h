// torch.signal.windows: the compositions of torch/signal/windows/windows.py, in the same order.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <initializer_list>
#include <optional>
#include <vector>

namespace py2cpp::windows {

constexpr double kPi = 3.141592653589793;

// `size` numbers from `start`, each `step` more than the one before.
inline at::Tensor line(double start, double end, int64_t size, const at::TensorOptions& options) {
  return torch::linspace(start, end, size, options);
}

// The window of no number, and of one, where these are special.
inline std::optional<at::Tensor> short_window(int64_t size, bool one_too, const at::TensorOptions& options) {
  TORCH_CHECK_VALUE(size >= 0, "a window needs a non-negative length, got ", size);
  if (size == 0) return torch::empty({0}, options);
  if (size == 1 && one_too) return torch::ones({1}, options);
  return std::nullopt;
}

inline at::Tensor exponential(int64_t size, std::optional<double> center, double tau, bool sym,
                              const at::TensorOptions& options = {}) {
  TORCH_CHECK_VALUE(tau > 0, "Tau must be positive, got: ", tau, " instead.");
  TORCH_CHECK_VALUE(!sym || !center, "Center must be None for symmetric windows");
  if (auto made = short_window(size, false, options)) return *made;
  const double middle = center.value_or(static_cast<double>(!sym && size > 1 ? size : size - 1) / 2.0);
  const double constant = 1 / tau;
  const at::Tensor k = line(-middle * constant, (-middle + static_cast<double>(size - 1)) * constant, size, options);
  return at::exp(-at::abs(k));
}

inline at::Tensor cosine(int64_t size, bool sym, const at::TensorOptions& options = {}) {
  if (auto made = short_window(size, false, options)) return *made;
  const double start = 0.5;
  const double constant = kPi / static_cast<double>(!sym && size > 1 ? size + 1 : size);
  return at::sin(line(start * constant, (start + static_cast<double>(size - 1)) * constant, size, options));
}

inline at::Tensor gaussian(int64_t size, double std, bool sym, const at::TensorOptions& options = {}) {
  TORCH_CHECK_VALUE(std > 0, "Standard deviation must be positive, got: ", std, " instead.");
  if (auto made = short_window(size, false, options)) return *made;
  const double start = static_cast<double>(-(!sym && size > 1 ? size : size - 1)) / 2.0;
  const double constant = 1 / (std * std::sqrt(2.0));
  const at::Tensor k = line(start * constant, (start + static_cast<double>(size - 1)) * constant, size, options);
  return at::exp(-k.pow(2));
}

inline at::Tensor kaiser(int64_t size, double beta, bool sym, const at::TensorOptions& options = {}) {
  TORCH_CHECK_VALUE(beta >= 0, "beta must be non-negative, got: ", beta, " instead.");
  if (auto made = short_window(size, true, options)) return *made;
  const at::Tensor number = at::scalar_tensor(beta, options.requires_grad(false));
  const at::Tensor start = -number;
  const at::Tensor constant = 2.0 * number / (sym ? size - 1 : size);
  const at::Tensor end = at::minimum(number, start + (size - 1) * constant);
  const at::Tensor k = torch::linspace(start, end, size, options);
  return at::i0(at::sqrt(number * number - at::pow(k, 2))) / at::i0(number);
}

inline at::Tensor bartlett(int64_t size, bool sym, const at::TensorOptions& options = {}) {
  if (auto made = short_window(size, true, options)) return *made;
  const double constant = 2 / static_cast<double>(sym ? size - 1 : size);
  return 1 - at::abs(line(-1, -1 + static_cast<double>(size - 1) * constant, size, options));
}

inline at::Tensor general_cosine(int64_t size, const std::vector<double>& a, bool sym,
                                 const at::TensorOptions& options = {}) {
  if (auto made = short_window(size, true, options)) return *made;
  TORCH_CHECK_VALUE(!a.empty(), "Coefficients cannot be empty");
  const double constant = 2 * kPi / static_cast<double>(sym ? size - 1 : size);
  const at::Tensor k = line(0, static_cast<double>(size - 1) * constant, size, options);
  std::vector<double> signed_a;
  for (size_t i = 0; i < a.size(); ++i) signed_a.push_back(i % 2 == 0 ? a[i] : -a[i]);
  const at::TensorOptions made = at::TensorOptions().dtype(k.dtype()).requires_grad(options.requires_grad());
  const at::Tensor a_i = torch::tensor(signed_a, made);
  const at::Tensor i = torch::arange(static_cast<int64_t>(a.size()), made);
  return (a_i.unsqueeze(-1) * at::cos(i.unsqueeze(-1) * k)).sum(0);
}

inline at::Tensor general_hamming(int64_t size, double alpha, bool sym, const at::TensorOptions& options = {}) {
  return general_cosine(size, {alpha, 1.0 - alpha}, sym, options);
}

}  // namespace py2cpp::windows
