// nn.Linear with the forward of Python's: LibTorch's own multiplies and adds the bias apart unless the input is a
// matrix, which gives another graph, and other bits.
#pragma once

#include <torch/nn/modules/linear.h>

#include "py2cpp/copy.h"

namespace py2cpp {

class LinearImpl : public torch::nn::LinearImpl {
 public:
  using torch::nn::LinearImpl::LinearImpl;

  at::Tensor forward(const at::Tensor& input) { return at::linear(input, weight, bias); }
  PY2CPP_COPIED(weight, bias)
};
TORCH_MODULE(Linear);

}  // namespace py2cpp
