// Hooks of a tensor, with handles that remove them: C++ has a number that only the tensor can take back, or nothing.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace py2cpp {

// torch.utils.hooks.RemovableHandle
class HookHandle {
 public:
  HookHandle() = default;
  explicit HookHandle(std::function<void()> remove) : remove_(std::move(remove)) {}

  void remove() {
    if (remove_) remove_();
    remove_ = nullptr;
  }

 private:
  std::function<void()> remove_;
};

template <class Hook>
HookHandle register_hook(const at::Tensor& tensor, Hook&& hook) {
  const unsigned position = tensor.register_hook(std::forward<Hook>(hook));
  return HookHandle([tensor, position] { tensor.remove_hook(position); });
}

// Called in the order of registration. LibTorch has room for one such hook, which replaces the one before.
class PostAccumulateGradHooks : public torch::autograd::PostAccumulateGradHook {
 public:
  using Hook = std::function<void(const at::Tensor&)>;

  void operator()(const torch::autograd::Variable& tensor) override {
    const auto hooks = *hooks_;  // a hook may remove itself
    for (const auto& [position, hook] : hooks) hook(tensor);
  }

  HookHandle add(Hook hook) {
    const std::size_t position = next_++;
    hooks_->emplace(position, std::move(hook));
    return HookHandle([hooks = hooks_, position] { hooks->erase(position); });
  }

 private:
  std::shared_ptr<std::map<std::size_t, Hook>> hooks_ = std::make_shared<std::map<std::size_t, Hook>>();
  std::size_t next_ = 0;
};

template <class Hook>
HookHandle register_post_accumulate_grad_hook(const at::Tensor& tensor, Hook&& hook) {
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  TORCH_CHECK(tensor.is_leaf(), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  auto* hooks = dynamic_cast<PostAccumulateGradHooks*>(torch::autograd::impl::post_acc_grad_hooks(tensor).get());
  if (hooks == nullptr) {
    auto made = std::make_unique<PostAccumulateGradHooks>();
    hooks = made.get();
    torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::move(made));
  }
  return hooks->add(std::forward<Hook>(hook));
}

}  // namespace py2cpp
