// Copies of modules, as copy.deepcopy makes them: the same values, no gradients, nothing drawn.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/module.h>

#include <memory>

#include "py2cpp/module_tree.h"

namespace py2cpp {

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
