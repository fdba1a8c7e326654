// Python's sum: from the int 0, from left to right.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/list.h"
#include "py2cpp/number.h"

namespace py2cpp {

// A sum under way. That of no floats or tensors is the int 0 in Python, which is none of these: `value` throws.
template <class T>
class Sum {
 public:
  Sum() = default;
  explicit Sum(T start) : total_(std::move(start)) {}

  void add(const T& item) {
    if (total_.has_value()) {
      total_ = sum_of(*total_, item);
    } else {
      total_ = sum_of(T(item), zero(item));
    }
  }

  T value() const {
    if constexpr (std::is_same_v<T, int64_t>) return total_.value_or(0);
    assume(total_.has_value(), "the sum of nothing is the int 0: give sum() a start of the elements' type");
    return *total_;
  }

 private:
  static auto zero([[maybe_unused]] const T& item) {
    if constexpr (std::is_same_v<T, at::Tensor>) {
      return 0;
    } else {
      return T{};
    }
  }
  template <class Item>
  static T sum_of(const T& total, const Item& item) {
    if constexpr (std::is_same_v<T, int64_t>) {
      return py2cpp::add(total, item);
    } else if constexpr (detail::is_vector<T>::value) {
      return concat(total, item);
    } else {
      return total + item;
    }
  }

  std::optional<T> total_;
};

// sum(values), sum(values, start)
template <class T>
T sum(const std::vector<T>& values) {
  Sum<T> total;
  for (const T& value : values) total.add(value);
  return total.value();
}
template <class T>
T sum(const std::vector<T>& values, std::common_type_t<T> start) {
  Sum<T> total(std::move(start));
  for (const T& value : values) total.add(value);
  return total.value();
}

}  // namespace py2cpp
