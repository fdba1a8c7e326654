// What Python's custom Functions have beyond C++'s: several results as a tuple, backwards without a second derivative.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/basic_ops.h>

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace py2cpp {

namespace detail {
template <std::size_t... Index>
auto to_tuple(const torch::autograd::variable_list& values, std::index_sequence<Index...>) {
  return std::make_tuple(values.at(Index)...);
}
}  // namespace detail

template <std::size_t Count>
auto to_tuple(const torch::autograd::variable_list& values) {
  return detail::to_tuple(values, std::make_index_sequence<Count>{});
}

// The backward of a custom Function under `@once_differentiable`: no graph is recorded, and where one is asked for,
// the gradients have a node that raises when it is run.
template <class Backward>
torch::autograd::variable_list once_differentiable(const torch::autograd::variable_list& grad_outputs,
                                                   const Backward& backward) {
  torch::autograd::variable_list gradients;
  {
    const at::NoGradGuard guard;
    gradients = backward();
  }
  const auto has_graph = [](const at::Tensor& value) { return value.defined() && value.requires_grad(); };
  if (!at::GradMode::is_enabled() || std::none_of(grad_outputs.begin(), grad_outputs.end(), has_graph)) {
    return gradients;
  }
  for (at::Tensor& gradient : gradients) {
    if (gradient.defined()) gradient = gradient.detach().requires_grad_();
  }
  const char* message = "trying to differentiate twice a function that was marked with @once_differentiable";
  return torch::autograd::DelayedError(message, static_cast<int64_t>(gradients.size())).apply(std::move(gradients));
}

}  // namespace py2cpp
