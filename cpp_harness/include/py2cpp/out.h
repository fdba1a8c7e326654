// What is taken by reference and has no name: what `out=` writes into, and objects that are made for one call.
#pragma once

#include <torch/torch.h>

#include <type_traits>
#include <utility>

namespace py2cpp {

// The reference is good until the end of the full expression; the memory that it leads to lives on elsewhere.
template <class Value>
std::remove_reference_t<Value>& lvalue(Value&& value) {
  return value;
}

// The same, of the dtype that the call asks for: Python takes no other.
template <class Written>
at::Tensor& written(Written&& out, at::ScalarType dtype) {
  TORCH_CHECK(out.scalar_type() == dtype, "dtype ", dtype, " does not match dtype of out parameter");
  return lvalue(std::forward<Written>(out));
}

}  // namespace py2cpp
