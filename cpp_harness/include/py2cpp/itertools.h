// Python's itertools and functools.reduce, as lists.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/number.h"

namespace py2cpp {

// itertools.product(a, b)
template <class A, class B>
std::vector<std::tuple<A, B>> product(const std::vector<A>& a, const std::vector<B>& b) {
  std::vector<std::tuple<A, B>> result;
  for (const A& x : a) {
    for (const B& y : b) result.emplace_back(x, y);
  }
  return result;
}
template <class A, class B, class C>
std::vector<std::tuple<A, B, C>> product(const std::vector<A>& a, const std::vector<B>& b, const std::vector<C>& c) {
  std::vector<std::tuple<A, B, C>> result;
  for (const auto& pair : product(a, b)) {
    for (const C& z : c) result.push_back(std::tuple_cat(pair, std::make_tuple(z)));
  }
  return result;
}

namespace detail {
// Calls `take` with each choice of `r` places below `n`, in lexicographic order.
template <class Take>
void choose(size_t n, size_t r, std::vector<size_t>& chosen, size_t from, Take take) {
  if (chosen.size() == r) {
    take();
    return;
  }
  for (size_t i = from; i < n; ++i) {
    chosen.push_back(i);
    choose(n, r, chosen, i + 1, take);
    chosen.pop_back();
  }
}
template <class Take>
void arrange(size_t n, size_t r, std::vector<size_t>& chosen, Take take) {
  if (chosen.size() == r) {
    take();
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    if (std::find(chosen.begin(), chosen.end(), i) != chosen.end()) continue;
    chosen.push_back(i);
    arrange(n, r, chosen, take);
    chosen.pop_back();
  }
}
template <class T>
std::vector<T> picked(const std::vector<T>& values, const std::vector<size_t>& places) {
  std::vector<T> result;
  for (const size_t i : places) result.push_back(values[i]);
  return result;
}
}  // namespace detail

// itertools.combinations(values, r), itertools.permutations(values, r)
template <class T>
std::vector<std::vector<T>> combinations(const std::vector<T>& values, int64_t r) {
  TORCH_CHECK_VALUE(r >= 0, "r must be non-negative");
  std::vector<std::vector<T>> result;
  std::vector<size_t> chosen;
  detail::choose(values.size(), static_cast<size_t>(r), chosen, 0, [&] { result.push_back(detail::picked(values, chosen)); });
  return result;
}
template <class T>
std::vector<std::vector<T>> permutations(const std::vector<T>& values, int64_t r) {
  TORCH_CHECK_VALUE(r >= 0, "r must be non-negative");
  std::vector<std::vector<T>> result;
  std::vector<size_t> chosen;
  detail::arrange(values.size(), static_cast<size_t>(r), chosen, [&] { result.push_back(detail::picked(values, chosen)); });
  return result;
}
template <class T>
std::vector<std::vector<T>> permutations(const std::vector<T>& values) {
  return permutations(values, static_cast<int64_t>(values.size()));
}

// itertools.product(values, repeat=count)
template <class T>
std::vector<std::vector<T>> product_of(const std::vector<T>& values, int64_t count) {
  TORCH_CHECK_VALUE(count >= 0, "repeat argument cannot be negative");
  std::vector<std::vector<T>> result(1);
  for (int64_t i = 0; i < count; ++i) {
    std::vector<std::vector<T>> longer;
    for (const auto& chosen : result) {
      for (const T& value : values) {
        longer.push_back(chosen);
        longer.back().push_back(value);
      }
    }
    result = std::move(longer);
  }
  return result;
}

// itertools.combinations_with_replacement(values, r)
template <class T>
std::vector<std::vector<T>> multisets(const std::vector<T>& values, int64_t r) {
  TORCH_CHECK_VALUE(r >= 0, "r must be non-negative");
  std::vector<size_t> places(values.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = i;
  std::vector<std::vector<T>> result;
  for (const auto& chosen : product_of(places, r)) {
    if (std::is_sorted(chosen.begin(), chosen.end())) result.push_back(detail::picked(values, chosen));
  }
  return result;
}

// itertools.pairwise(values)
template <class T>
std::vector<std::tuple<T, T>> pairwise(const std::vector<T>& values) {
  std::vector<std::tuple<T, T>> result;
  for (size_t i = 1; i < values.size(); ++i) result.emplace_back(values[i - 1], values[i]);
  return result;
}

// itertools.chain.from_iterable(lists)
template <class T>
std::vector<T> chained(const std::vector<std::vector<T>>& lists) {
  std::vector<T> result;
  for (const auto& values : lists) result.insert(result.end(), values.begin(), values.end());
  return result;
}

// itertools.accumulate(values)
template <class T>
std::vector<T> accumulate(const std::vector<T>& values) {
  std::vector<T> result;
  for (const T& value : values) {
    if constexpr (std::is_same_v<T, int64_t>) {
      result.push_back(result.empty() ? value : add(result.back(), value));
    } else {
      result.push_back(result.empty() ? value : result.back() + value);
    }
  }
  return result;
}

// itertools.accumulate(values, function)
template <class T, class F>
std::vector<T> accumulate(const std::vector<T>& values, F function) {
  std::vector<T> result;
  for (const T& value : values) result.push_back(result.empty() ? value : function(result.back(), value));
  return result;
}

// itertools.takewhile(test, values), dropwhile, filterfalse, compress
template <class F, class T>
std::vector<T> take_while(F test, const std::vector<T>& values) {
  return {values.begin(), std::find_if(values.begin(), values.end(), [&](const T& value) { return !test(value); })};
}
template <class F, class T>
std::vector<T> drop_while(F test, const std::vector<T>& values) {
  return {std::find_if(values.begin(), values.end(), [&](const T& value) { return !test(value); }), values.end()};
}
template <class F, class T>
std::vector<T> filter_false(F test, const std::vector<T>& values) {
  std::vector<T> result;
  std::copy_if(values.begin(), values.end(), std::back_inserter(result), [&](const T& value) { return !test(value); });
  return result;
}
template <class T>
std::vector<T> compress(const std::vector<T>& values, const std::vector<bool>& chosen) {
  std::vector<T> result;
  for (size_t i = 0; i < std::min(values.size(), chosen.size()); ++i) {
    if (chosen[i]) result.push_back(values[i]);
  }
  return result;
}

// itertools.zip_longest(a, b, fillvalue=fill)
template <class A, class B>
std::vector<std::tuple<A, B>> zip_longest(const std::vector<A>& a, const std::vector<B>& b, std::common_type_t<A> fill) {
  std::vector<std::tuple<A, B>> result;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    result.emplace_back(i < a.size() ? a[i] : fill, i < b.size() ? b[i] : B(fill));
  }
  return result;
}

// zip(*rows): as many columns as the shortest row has items.
template <class T>
std::vector<std::vector<T>> columns(const std::vector<std::vector<T>>& rows) {
  std::vector<std::vector<T>> result;
  const auto shorter = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  const auto shortest = std::min_element(rows.begin(), rows.end(), shorter);
  for (size_t i = 0; shortest != rows.end() && i < shortest->size(); ++i) {
    std::vector<T> column;
    for (const auto& row : rows) column.push_back(row[i]);
    result.push_back(std::move(column));
  }
  return result;
}
template <class T, class... Rest>
std::vector<std::vector<T>> columns(const std::vector<std::tuple<T, Rest...>>& rows) {
  std::vector<std::vector<T>> lists;
  for (const auto& row : rows) {
    lists.push_back(std::apply([](const auto&... items) { return std::vector<T>{items...}; }, row));
  }
  return columns(lists);
}

// functools.reduce(function, values), functools.reduce(function, values, start)
template <class F, class T, class U>
U reduce(F function, const std::vector<T>& values, U start) {
  for (const T& value : values) start = function(start, value);
  return start;
}
template <class F, class T>
T reduce(F function, const std::vector<T>& values) {
  expect<c10::TypeError>(!values.empty(), "reduce() of empty iterable with no initial value");
  return reduce(function, std::vector<T>(values.begin() + 1, values.end()), values.front());
}

}  // namespace py2cpp
