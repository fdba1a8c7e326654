// Python's lists (std::vector) and strings, where C++'s containers differ.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/format.h"
#include "py2cpp/number.h"

namespace py2cpp {

namespace detail {
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
}  // namespace detail

// The place of index `i`, which counts from the end when negative; outside, IndexError in `words`, or in those of modules.
inline size_t position(int64_t i, size_t size, const char* words = nullptr) {
  const auto count = static_cast<int64_t>(size);
  if (i < -count || i >= count)
    raise<c10::IndexError>(words != nullptr ? words : "index " + std::to_string(i) + " is out of range");
  return static_cast<size_t>(i < 0 ? i + count : i);
}

// values[i]; `words` are those of the error where the vector is no list, or the item is assigned.
constexpr const char* outside = "list index out of range";
template <class T>
decltype(auto) at(std::vector<T>& values, int64_t i, const char* words = outside) {
  return values[position(i, values.size(), words)];
}
template <class T>
decltype(auto) at(const std::vector<T>& values, int64_t i, const char* words = outside) {
  return values[position(i, values.size(), words)];
}
template <class T>
T at(std::vector<T>&& values, int64_t i, const char* words = outside) {
  return values[position(i, values.size(), words)];
}

// `a, b = values`
inline void unpack(size_t size, size_t wanted) {
  if (size == wanted) return;
  const std::string expected = " values to unpack (expected " + std::to_string(wanted);
  raise<c10::ValueError>(size > wanted ? "too many" + expected + ")"
                                       : "not enough" + expected + ", got " + std::to_string(size) + ")");
}

// `f(*values)`, where f takes `count` values there
template <class T>
std::vector<T> exactly(std::vector<T> values, int64_t count) {
  if (values.size() != static_cast<size_t>(count))
    raise<c10::TypeError>("takes " + std::to_string(count) + " values in this place, but " +
                          std::to_string(values.size()) + " were given");
  return values;
}

// The items of a tuple whose items have one type.
template <class... T>
auto to_list(const std::tuple<T...>& values) {
  return std::apply([](const auto&... items) { return std::vector{items...}; }, values);
}

// `()`, the size of a tensor of one number.
inline std::vector<int64_t> to_list(const std::tuple<>&) {
  return {};
}

// values[i] of a tuple whose items have one type.
template <class T, class... Rest>
T at(const std::tuple<T, Rest...>& values, int64_t i, const char* words = "tuple index out of range") {
  static_assert((std::is_same_v<T, Rest> && ...));
  const auto chosen = [i, words](const auto&... items) {
    const T* const all[] = {&items...};
    return *all[position(i, sizeof...(items), words)];
  };
  return std::apply(chosen, values);
}

// values[lower:upper]: bounds are clipped.
template <class T>
std::vector<T> slice(const std::vector<T>& values, int64_t lower, int64_t upper) {
  const auto count = static_cast<int64_t>(values.size());
  lower = std::clamp(lower < 0 ? lower + count : lower, int64_t{0}, count);
  upper = std::clamp(upper < 0 ? upper + count : upper, lower, count);
  return std::vector<T>(values.begin() + lower, values.begin() + std::max(lower, upper));
}

// The places of values[lower:upper:step], as Python's slice.indices gives them.
struct Places {
  int64_t start, step, count;
  size_t operator[](int64_t i) const { return static_cast<size_t>(start + i * step); }
};
inline Places places(size_t size, std::optional<int64_t> lower, std::optional<int64_t> upper, int64_t step) {
  expect<c10::ValueError>(step != 0, "slice step cannot be zero");
  const auto count = static_cast<int64_t>(size);
  const int64_t first = step < 0 ? -1 : 0, last = step < 0 ? count - 1 : count;
  const auto clipped = [&](std::optional<int64_t> bound, int64_t otherwise) {
    if (!bound.has_value()) return otherwise;
    return std::clamp(*bound < 0 ? *bound + count : *bound, first, last);
  };
  const int64_t start = clipped(lower, step < 0 ? last : first), stop = clipped(upper, step < 0 ? first : last);
  const int64_t span = step < 0 ? start - stop : stop - start, width = step < 0 ? -step : step;
  return {start, step, span > 0 ? (span - 1) / width + 1 : 0};
}

// values[lower:upper:step]
template <class T>
std::vector<T> slice(const std::vector<T>& values, std::optional<int64_t> lower, std::optional<int64_t> upper,
                     int64_t step) {
  const Places at = places(values.size(), lower, upper, step);
  std::vector<T> result;
  for (int64_t i = 0; i < at.count; ++i) result.push_back(values[at[i]]);
  return result;
}

// values[lower:upper:step] = items
template <class T>
void set_slice(std::vector<T>& values, std::optional<int64_t> lower, std::optional<int64_t> upper, int64_t step,
               std::vector<T> items) {
  const Places at = places(values.size(), lower, upper, step);
  if (step == 1) {
    const auto begin = values.begin() + at.start;
    const auto place = values.erase(begin, begin + at.count);
    values.insert(place, items.begin(), items.end());
    return;
  }
  if (static_cast<int64_t>(items.size()) != at.count) {
    raise<c10::ValueError>("attempt to assign sequence of size " + std::to_string(items.size()) +
                           " to extended slice of size " + std::to_string(at.count));
  }
  for (int64_t i = 0; i < at.count; ++i) values[at[i]] = items[static_cast<size_t>(i)];
}

// del values[lower:upper:step], del values[i]
template <class T>
void erase_slice(std::vector<T>& values, std::optional<int64_t> lower, std::optional<int64_t> upper, int64_t step) {
  const Places at = places(values.size(), lower, upper, step);
  std::vector<bool> dropped(values.size());
  for (int64_t i = 0; i < at.count; ++i) dropped[at[i]] = true;
  std::vector<T> kept;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!dropped[i]) kept.push_back(values[i]);
  }
  values = std::move(kept);
}
template <class T>
void erase(std::vector<T>& values, int64_t i) {
  const size_t place = position(i, values.size(), "list assignment index out of range");
  values.erase(values.begin() + static_cast<int64_t>(place));
}

// values * count
template <class T>
std::vector<T> repeat(const std::vector<T>& values, int64_t count) {
  std::vector<T> result;
  for (int64_t i = 0; i < count; ++i) result.insert(result.end(), values.begin(), values.end());
  return result;
}
inline std::string repeat(const std::string& text, int64_t count) {
  std::string result;
  for (int64_t i = 0; i < count; ++i) result += text;
  return result;
}

// itertools.repeat(value, count), where literals are int64_t and std::string
template <class T>
std::vector<T> repeated(const T& value, int64_t count) {
  return std::vector<T>(static_cast<size_t>(std::max<int64_t>(count, 0)), value);
}
inline std::vector<int64_t> repeated(int value, int64_t count) { return repeated<int64_t>(value, count); }
inline std::vector<std::string> repeated(const char* value, int64_t count) { return repeated<std::string>(value, count); }

// a + b
template <class T>
std::vector<T> concat(std::vector<T> a, const std::vector<T>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// values.extend(more), also of itself
template <class T>
void extend(std::vector<T>& values, std::vector<T> more) {
  values.insert(values.end(), more.begin(), more.end());
}
template <class T, class Items>
void extend(std::vector<T>& values, const Items& more) {
  extend(values, std::vector<T>(more.begin(), more.end()));
}
template <class T, class... Parts>
void extend(std::vector<T>& values, const std::tuple<Parts...>& more) {
  std::apply([&](const auto&... parts) { (values.push_back(T(parts)), ...); }, more);
}

// values.pop(i), also of what nothing else has
template <class T>
T pop(std::vector<T>& values, int64_t i = -1) {
  expect<c10::IndexError>(!values.empty(), "pop from empty list");
  const auto place = values.begin() + static_cast<int64_t>(position(i, values.size(), "pop index out of range"));
  T value = *place;
  values.erase(place);
  return value;
}
template <class T>
T pop(std::vector<T>&& values, int64_t i = -1) {
  return pop(values, i);
}

// values.insert(i, value): the place is clipped.
template <class T>
void insert(std::vector<T>& values, int64_t i, typename std::vector<T>::value_type value) {
  const auto count = static_cast<int64_t>(values.size());
  i = std::clamp(i < 0 ? i + count : i, int64_t{0}, count);
  values.insert(values.begin() + i, std::move(value));
}

// Whether Python takes two items of lists for one: equal ones, or one object, as a NaN may be.
template <class T, class U>
bool same(const T& a, const U& b) {
  if constexpr (std::is_floating_point_v<T> && std::is_floating_point_v<U>) {
    assume(a == a || b == b, "whether two NaN are one object is not known in C++");
  }
  return a == b;
}
template <class... T>
bool same(const std::tuple<T...>& a, const std::tuple<T...>& b);
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}
template <class... T>
bool same(const std::tuple<T...>& a, const std::tuple<T...>& b) {
  const auto all = [&](const auto&... x) {
    return std::apply([&](const auto&... y) { return (same(x, y) && ...); }, b);
  };
  return std::apply(all, a);
}

// The first of `values` that Python takes for `item`.
template <class Values, class U>
auto first_equal(Values& values, const U& item) {
  return std::find_if(values.begin(), values.end(), [&](const auto& value) { return same(value, item); });
}

// item in values
template <class T, class U>
bool contains(const std::vector<T>& values, const U& item) {
  return first_equal(values, item) != values.end();
}
inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// values.index(item)
template <class T, class U>
int64_t index(const std::vector<T>& values, const U& item) {
  const auto found = first_equal(values, item);
  if (found == values.end()) detail::raise_about<c10::ValueError>(item, " is not in list");
  return found - values.begin();
}

// values.remove(item)
template <class T, class U>
void remove(std::vector<T>& values, const U& item) {
  const auto found = first_equal(values, item);
  expect<c10::ValueError>(found != values.end(), "list.remove(x): x not in list");
  values.erase(found);
}

// values.count(item)
template <class T, class U>
int64_t count(const std::vector<T>& values, const U& item) {
  return std::count_if(values.begin(), values.end(), [&](const auto& value) { return same(value, item); });
}

// len(range(start, stop, step))
inline int64_t range_length(int64_t start, int64_t stop, int64_t step) {
  expect<c10::ValueError>(step != 0, "range() arg 3 must not be zero");
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

}  // namespace py2cpp
