// Copies as copy.deepcopy makes them; of modules: the same values, no gradients, nothing drawn.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "py2cpp/module_tree.h"

namespace py2cpp {

// copy.deepcopy of a tensor, and of what holds tensors. A gradient is copied too.
inline at::Tensor deep_copy(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.is_leaf(), "Only Tensors created explicitly by the user support the deepcopy protocol");
  auto copy = tensor.detach().clone().set_requires_grad(tensor.requires_grad());
  if (tensor.grad().defined()) copy.mutable_grad() = deep_copy(tensor.grad());
  return copy;
}
inline std::vector<at::Tensor> deep_copy(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> made;
  for (const auto& tensor : tensors) made.push_back(deep_copy(tensor));
  return made;
}
template <class Key>
torch::OrderedDict<Key, at::Tensor> deep_copy(const torch::OrderedDict<Key, at::Tensor>& items) {
  torch::OrderedDict<Key, at::Tensor> made;
  for (const auto& item : items) made.insert(item.key(), deep_copy(item.value()));
  return made;
}

// Gives the numbers of `make` without taking any from the generator.
template <class Make>
auto without_draws(const Make& make) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const auto before = generator.get_state();
  auto made = make();
  generator.set_state(before);
  return made;
}

// The parameters, buffers and modes of one module in another one of the same class.
inline void copy_state(const torch::nn::Module& from, torch::nn::Module& to) {
  to.train(from.is_training());
  auto parameters = to.named_parameters(/*recurse=*/false);
  for (const auto& parameter : from.named_parameters(/*recurse=*/false)) {
    auto& own = parameters[parameter.key()];
    own.set_data(parameter.value().detach().clone());
    own.set_requires_grad(parameter.value().requires_grad());
  }
  auto buffers = to.named_buffers(/*recurse=*/false);
  for (const auto& buffer : from.named_buffers(/*recurse=*/false)) {
    buffers[buffer.key()].set_data(buffer.value().detach().clone());
  }
  const auto children = to.named_children();
  for (const auto& child : from.named_children()) copy_state(*child.value(), *children[child.key()]);
}

}  // namespace py2cpp
