// What `out=` writes into, where it has no name: ATen's functions take it by reference.
#pragma once

#include <torch/torch.h>

namespace py2cpp {

// The reference is good until the end of the full expression; the memory that it leads to lives on elsewhere.
inline at::Tensor& lvalue(at::Tensor&& tensor) { return tensor; }
inline at::Tensor& lvalue(at::Tensor& tensor) { return tensor; }

}  // namespace py2cpp
