// One value for each dimension, as layers of Python keep their options.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

namespace py2cpp {

namespace detail {
template <class T, size_t... I>
auto repeated(const T& value, std::index_sequence<I...>) {
  return std::make_tuple((static_cast<void>(I), value)...);
}
}  // namespace detail

// _pair(x), _triple(x)
template <size_t N, class T>
auto repeated(const T& value) {
  return detail::repeated(value, std::make_index_sequence<N>());
}

}  // namespace py2cpp
