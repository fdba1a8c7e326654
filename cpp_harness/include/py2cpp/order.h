// Python's sorted, min and max: the first of equal items wins, and equal items keep their order.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"

namespace py2cpp {

namespace detail {

// NaN has no place in an order: where Python leaves it depends on how its sort compares.
template <class T>
void check_ordered(const T& value) {
  if constexpr (std::is_floating_point_v<T>) assume(!std::isnan(value), "NaN has no place in an order");
}
template <class... T>
void check_ordered(const std::tuple<T...>& value) {
  std::apply([](const auto&... items) { (check_ordered(items), ...); }, value);
}
template <class T>
void check_ordered(const std::vector<T>& value) {
  for (const T& item : value) check_ordered<T>(item);
}

}  // namespace detail

// A list or tuple that is compared with another one.
template <class T>
const T& ordered(const T& value) {
  detail::check_ordered(value);
  return value;
}

// sorted(values), of objects: `less` is their __lt__.
template <class T, class Less>
std::vector<T> sorted_with(std::vector<T> values, Less less, bool reverse = false) {
  std::stable_sort(values.begin(), values.end(), [&](const T& a, const T& b) { return reverse ? less(b, a) : less(a, b); });
  return values;
}

// min(values), max(values), of objects: `wins(next, best)` is __lt__ of the next, or its __gt__.
template <class T, class Wins>
T extreme_with(const std::vector<T>& values, Wins wins) {
  TORCH_CHECK_VALUE(!values.empty(), "arg is an empty sequence");
  T best = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    if (wins(values[i], best)) best = values[i];
  }
  return best;
}

// sorted(values, key=key, reverse=reverse)
template <class T, class Key>
std::vector<T> sorted_by(const std::vector<T>& values, Key key, bool reverse = false) {
  std::vector<std::decay_t<decltype(key(values.front()))>> keys;
  for (const T& value : values) {
    keys.push_back(key(value));
    detail::check_ordered(keys.back());
  }
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return reverse ? keys[b] < keys[a] : keys[a] < keys[b]; });
  std::vector<T> result;
  for (const size_t i : order) result.push_back(values[i]);
  return result;
}

// sorted(values, reverse=reverse)
template <class T>
std::vector<T> sorted(std::vector<T> values, bool reverse = false) {
  for (const T& value : values) detail::check_ordered<T>(value);
  std::stable_sort(values.begin(), values.end(), [&](const T& a, const T& b) { return reverse ? b < a : a < b; });
  return values;
}

// min(values, key=key), max(values, key=key)
template <class T, class Key>
T min_by(const std::vector<T>& values, Key key) {
  expect<c10::ValueError>(!values.empty(), "min() arg is an empty sequence");
  size_t best = 0;
  auto least = key(values[0]);
  for (size_t i = 1; i < values.size(); ++i) {
    auto next = key(values[i]);
    if (next < least) best = i, least = std::move(next);
  }
  return values[best];
}
template <class T, class Key>
T max_by(const std::vector<T>& values, Key key) {
  expect<c10::ValueError>(!values.empty(), "max() arg is an empty sequence");
  size_t best = 0;
  auto most = key(values[0]);
  for (size_t i = 1; i < values.size(); ++i) {
    auto next = key(values[i]);
    if (most < next) best = i, most = std::move(next);
  }
  return values[best];
}

// min(values), max(values), with or without a default
template <class T>
T min_of(const std::vector<T>& values) {
  return min_by(values, [](const T& value) { return value; });
}
template <class T>
T max_of(const std::vector<T>& values) {
  return max_by(values, [](const T& value) { return value; });
}
template <class T>
T min_of(const std::vector<T>& values, std::common_type_t<T> otherwise) {
  return values.empty() ? std::move(otherwise) : min_of(values);
}
template <class T>
T max_of(const std::vector<T>& values, std::common_type_t<T> otherwise) {
  return values.empty() ? std::move(otherwise) : max_of(values);
}

}  // namespace py2cpp
