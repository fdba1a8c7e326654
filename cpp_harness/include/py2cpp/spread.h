// print(*values): as many values as the list has when the program runs.
#pragma once

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/format.h"

namespace py2cpp {

template <class T>
struct Spread {
  std::vector<T> values;
  std::string separator;
};

template <class T>
Spread<T> spread(std::vector<T> values, std::string separator) {
  return {std::move(values), std::move(separator)};
}

namespace detail {
template <class T, class = void>
struct has_text : std::false_type {};
template <class T>
struct has_text<T, std::void_t<decltype(str(std::declval<const T&>()))>> : std::true_type {};
}  // namespace detail

template <class T>
std::ostream& operator<<(std::ostream& out, const Spread<T>& spread) {
  bool first = true;
  for (const T& value : spread.values) {
    if (!first) out << spread.separator;
    first = false;
    if constexpr (detail::has_text<T>::value) {
      out << str(value);
    } else {
      out << value;
    }
  }
  return out;
}

}  // namespace py2cpp
