// Tuples as the keys of dicts.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <tuple>
#include <type_traits>
#include <utility>

#include "py2cpp/hash.h"

namespace py2cpp {

// A tuple as the key of a dict: C++ has no hash for tuples, and only a type of one's own may be given one.
template <class... T>
struct TupleKey : std::tuple<T...> {
  using Tuple = std::tuple<T...>;
  TupleKey() = default;
  template <class Given, std::enable_if_t<std::is_constructible_v<Tuple, Given&&>, int> = 0>
  TupleKey(Given&& values) : Tuple(std::forward<Given>(values)) {}
};

// What the errors of torch::OrderedDict call a key; Python's errors are raised before these.
template <class... T>
std::ostream& operator<<(std::ostream& out, const TupleKey<T...>&) {
  return out << "(...)";
}

namespace detail {
// What a dict holds its keys as, and what they are elsewhere.
template <class T>
struct key {
  using held = T;
  using plain = T;
};
template <class... T>
struct key<std::tuple<T...>> {
  using held = TupleKey<T...>;
  using plain = std::tuple<T...>;
};
template <class... T>
struct key<TupleKey<T...>> : key<std::tuple<T...>> {};
}  // namespace detail

// item.key()
template <class Item>
const auto& key_of(const Item& item) {
  return static_cast<const typename detail::key<std::decay_t<decltype(item.key())>>::plain&>(item.key());
}

}  // namespace py2cpp

template <class... T>
struct std::hash<py2cpp::TupleKey<T...>> {
  size_t operator()(const py2cpp::TupleKey<T...>& key) const {
    return static_cast<size_t>(py2cpp::hash(static_cast<const std::tuple<T...>&>(key)));
  }
};
