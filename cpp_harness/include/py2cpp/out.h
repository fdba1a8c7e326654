// What `out=` writes into, where it has no name: ATen's functions take it by reference.
#pragma once

#include <torch/torch.h>

#include <utility>

namespace py2cpp {

// The reference is good until the end of the full expression; the memory that it leads to lives on elsewhere.
inline at::Tensor& lvalue(at::Tensor&& tensor) { return tensor; }
inline at::Tensor& lvalue(at::Tensor& tensor) { return tensor; }

// The same, of the dtype that the call asks for: Python takes no other.
template <class Written>
at::Tensor& written(Written&& out, at::ScalarType dtype) {
  TORCH_CHECK(out.scalar_type() == dtype, "dtype ", dtype, " does not match dtype of out parameter");
  return lvalue(std::forward<Written>(out));
}

}  // namespace py2cpp
