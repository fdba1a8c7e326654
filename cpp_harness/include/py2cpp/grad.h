// `x.grad = value`, with the checks that Python makes and C++'s mutable_grad() does not.
#pragma once

#include <ATen/core/Tensor.h>

namespace py2cpp {

inline void set_grad(const at::Tensor& self, const at::Tensor& value) {
  if (!value.defined()) {
    self.mutable_grad().reset();
    return;
  }
  TORCH_CHECK(!self.is_same(value), "can't assign Variable as its own grad");
  TORCH_CHECK(value.scalar_type() == self.scalar_type(), "assigned grad has data of a different type");
  TORCH_CHECK(value.device() == self.device(), "assigned grad has data located on a different device");
  TORCH_CHECK(value.sizes() == self.sizes(), "assigned grad has data of a different size");
  self.mutable_grad() = value;
}

}  // namespace py2cpp
