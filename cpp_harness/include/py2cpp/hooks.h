// `x.register_hook(f)`, whose handle C++ has as a number that only the tensor can take back.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

namespace py2cpp {

// torch.utils.hooks.RemovableHandle
class HookHandle {
 public:
  HookHandle() = default;
  HookHandle(at::Tensor tensor, unsigned position) : tensor_(std::move(tensor)), position_(position) {}

  void remove() {
    if (tensor_.defined()) tensor_.remove_hook(position_);
    tensor_.reset();
  }

 private:
  at::Tensor tensor_;
  unsigned position_ = 0;
};

template <class Hook>
HookHandle register_hook(const at::Tensor& tensor, Hook&& hook) {
  return HookHandle(tensor, tensor.register_hook(std::forward<Hook>(hook)));
}

}  // namespace py2cpp
