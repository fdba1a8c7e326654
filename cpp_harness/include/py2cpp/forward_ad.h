// torch.autograd.forward_ad: Python's level is a context, LibTorch's a number that is entered and left by hand.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <tuple>

namespace py2cpp {

// `with dual_level():`
class DualLevel {
 public:
  DualLevel() : level_(torch::autograd::forward_ad::enter_dual_level()) {}
  DualLevel(const DualLevel&) = delete;
  DualLevel& operator=(const DualLevel&) = delete;
  ~DualLevel() { torch::autograd::forward_ad::exit_dual_level(level_); }

 private:
  uint64_t level_;
};

// LibTorch has one level, number 0; there is no tangent outside it.
inline at::Tensor make_dual(const at::Tensor& tensor, const at::Tensor& tangent) {
  return at::_make_dual(tensor, tangent, /*level=*/0);
}
inline std::tuple<at::Tensor, at::Tensor> unpack_dual(const at::Tensor& tensor) {
  return at::_unpack_dual(tensor, /*level=*/0);
}

}  // namespace py2cpp
