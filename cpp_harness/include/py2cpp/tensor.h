// torch.tensor of lists and tuples that are no literals, nested ones too, and of lists of tensors.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

namespace py2cpp {

inline at::Tensor tensor(const std::vector<at::Tensor>& values, const at::TensorOptions& options = {}) {
  at::Tensor made = at::stack(values).detach();
  if (options.has_dtype()) made = made.to(options.dtype());
  if (options.has_device()) made = made.to(options.device());
  return made.set_requires_grad(options.requires_grad());
}

// A std::vector<bool> holds bits: torch::tensor cannot take it.
inline at::Tensor tensor(const std::vector<bool>& values, const at::TensorOptions& options = {}) {
  const std::vector<int64_t> numbers(values.begin(), values.end());
  return torch::tensor(numbers, options.has_dtype() ? options : options.dtype(at::kBool));
}

template <class T>
at::Tensor tensor(const std::vector<T>& values, const at::TensorOptions& options = {}) {
  return torch::tensor(values, options);
}

template <class T>
at::Tensor tensor(const std::vector<std::vector<T>>& rows, const at::TensorOptions& options = {});

template <class... T>
at::Tensor tensor(const std::vector<std::tuple<T...>>& rows, const at::TensorOptions& options = {});

// Numbers of several types are of the widest of them.
template <class... T>
at::Tensor tensor(const std::tuple<T...>& values, const at::TensorOptions& options = {}) {
  using Widest = std::common_type_t<T...>;
  const auto listed = [](const T&... items) { return std::vector<Widest>{static_cast<Widest>(items)...}; };
  return tensor(std::apply(listed, values), options);
}

namespace detail {

template <class Row>
at::Tensor stacked(const std::vector<Row>& rows, const at::TensorOptions& options) {
  std::vector<at::Tensor> made;
  made.reserve(rows.size());
  for (const Row& row : rows) made.push_back(tensor(row, options.requires_grad(false)));
  return at::stack(made).set_requires_grad(options.requires_grad());
}

}  // namespace detail

template <class T>
at::Tensor tensor(const std::vector<std::vector<T>>& rows, const at::TensorOptions& options) {
  return detail::stacked(rows, options);
}

template <class... T>
at::Tensor tensor(const std::vector<std::tuple<T...>>& rows, const at::TensorOptions& options) {
  return detail::stacked(rows, options);
}

}  // namespace py2cpp
