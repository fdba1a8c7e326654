// tensor.tolist(): lists in lists, as many as the tensor has dimensions, or a number. What it is nobody knows before the
// program runs, so that it can only be shown.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"

namespace py2cpp {

class NestedList {
 public:
  NestedList() = default;  // a variable that gets its value later
  explicit NestedList(const at::Tensor& tensor) : values_(tensor.detach().cpu().clone()) {
    if (values_.is_complex()) throw Untranslatable{"a list of complex numbers"};
  }

  // The numbers, in a tensor of their own.
  const at::Tensor& values() const { return values_; }

  // As Python shows it: [[1.0, 2.5], [0.0, -1.0]].
  std::string str() const { return text(values_); }

 private:
  static std::string text(const at::Tensor& part) {
    if (part.dim() == 0) return number(part);
    std::string result = "[";
    for (int64_t i = 0; i < part.size(0); ++i) result += (i == 0 ? "" : ", ") + text(part.select(0, i));
    return result + "]";
  }

  static std::string number(const at::Tensor& part) {
    if (part.is_floating_point()) return py2cpp::str(part.item<double>());
    if (part.scalar_type() == at::kBool) return part.item<bool>() ? "True" : "False";
    return std::to_string(part.item<int64_t>());
  }

  at::Tensor values_;
};

}  // namespace py2cpp
