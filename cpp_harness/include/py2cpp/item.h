// Numbers read from tensors whose dtype is not known before the program runs.
#pragma once

#include <ATen/core/Tensor.h>

namespace py2cpp {

// tensor.item() where it is taken to be a Python float.
inline double float_item(const at::Tensor& tensor) {
  TORCH_CHECK_TYPE(tensor.is_floating_point(), "item() of a tensor of ", tensor.scalar_type(),
                   " is no float: convert the tensor with .float(), or the number with int() or bool()");
  return tensor.item<double>();
}

}  // namespace py2cpp
