// Numbers read from tensors whose dtype is not known before the program runs.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "py2cpp/format.h"

namespace py2cpp {

// tensor.item() where it is taken to be a Python float.
inline double float_item(const at::Tensor& tensor) {
  assume(tensor.is_floating_point(),
         "item() of this tensor is no float: convert the tensor with .float(), or the number with int() or bool()");
  return tensor.item<double>();
}

// A tensor where Python's library takes a number: one without dimensions and graph.
inline double number_of(const at::Tensor& tensor) {
  TORCH_CHECK_TYPE(tensor.dim() == 0 && !tensor.requires_grad(), "a number must be given, not this tensor");
  return float_item(tensor);
}

// format(tensor, spec): as the number that a tensor without dimensions holds.
inline std::string format(const at::Tensor& tensor, const std::string& spec) {
  TORCH_CHECK_TYPE(tensor.dim() == 0, "unsupported format string passed to Tensor.__format__");
  assume(!tensor.is_complex(), "complex numbers have no text here");
  if (tensor.is_floating_point()) return format(tensor.item<double>(), spec);
  if (tensor.scalar_type() == at::kBool) return format(tensor.item<bool>(), spec);
  return format(tensor.item<int64_t>(), spec);
}

}  // namespace py2cpp
