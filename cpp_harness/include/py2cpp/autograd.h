// The several results of a custom Function's `apply` (a variable_list in C++) as the tuple that Python has.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <tuple>
#include <utility>

namespace py2cpp {

namespace detail {
template <std::size_t... Index>
auto to_tuple(const torch::autograd::variable_list& values, std::index_sequence<Index...>) {
  return std::make_tuple(values.at(Index)...);
}
}  // namespace detail

template <std::size_t Count>
auto to_tuple(const torch::autograd::variable_list& values) {
  return detail::to_tuple(values, std::make_index_sequence<Count>{});
}

}  // namespace py2cpp
