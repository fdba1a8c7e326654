// Variables that begin as a number and then hold a tensor: `total = 0`, and in a loop `total += loss`.
#pragma once

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>

#include "py2cpp/exceptions.h"

namespace py2cpp {

// The number that a variable begins with, in a tensor that says so.
inline at::Tensor Total(const at::Scalar& value) { return at::native::wrapped_scalar_tensor(value); }

inline bool is_number(const at::Tensor& total) {
  return total.defined() && total.unsafeGetTensorImpl()->is_wrapped_number();
}

inline const at::Tensor& tensor(const at::Tensor& total) {
  assume(!is_number(total), "this variable is still the number that it began with, not a tensor");
  return total;
}

inline at::Tensor add(const at::Tensor& a, const at::Tensor& b) {
  if (is_number(a)) return b.add(a.item());
  return is_number(b) ? a.add(b.item()) : a.add(b);
}

// `total += value`: in place once the total is a tensor.
inline at::Tensor add_to(at::Tensor total, const at::Tensor& value) {
  return is_number(total) ? value.add(total.item()) : total.add_(value);
}

}  // namespace py2cpp
