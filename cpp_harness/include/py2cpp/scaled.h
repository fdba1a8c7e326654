// `x *= 0.1` and `x.mul_(0.1)` of tensors that may be halves: Python gives the number to the kernel as it is, LibTorch's
// overload for numbers rounds it to the dtype of the tensor first. Of other tensors both have the same bits.
#pragma once

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

namespace py2cpp {

inline at::Tensor scale_(at::Tensor tensor, const at::Scalar& factor) {
  return tensor.mul_(at::native::wrapped_scalar_tensor(factor));
}

}  // namespace py2cpp
