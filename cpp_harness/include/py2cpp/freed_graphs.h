// Going back through a graph whose nodes have been freed. Python turns the number of `x * 2` into a tensor, which the
// node keeps until it is freed; C++'s node keeps the number, and would go back again without a word.
#pragma once

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/torch.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace py2cpp {
namespace detail {

using NodePointer = c10::intrusive_ptr<torch::autograd::Node>;
using FreedNode = c10::weak_intrusive_ptr<torch::autograd::Node>;

inline std::unordered_map<const void*, NodePointer> nodes_of(const at::Tensor& tensor) {
  std::unordered_map<const void*, NodePointer> found;
  std::vector<NodePointer> pending{tensor.grad_fn()};
  while (!pending.empty()) {
    const NodePointer node = std::move(pending.back());
    pending.pop_back();
    if (node == nullptr || !found.emplace(node.get(), node).second) continue;
    for (const auto& edge : node->next_edges()) pending.push_back(edge.function);
  }
  return found;
}

// The nodes that have been freed, as long as they live.
inline std::unordered_map<const void*, FreedNode>& freed_nodes() {
  static thread_local std::unordered_map<const void*, FreedNode> freed;
  return freed;
}

inline bool keeps_a_number(const torch::autograd::Node& node) {
  const std::string name = node.name();
  return name == "MulBackward1" || name == "DivBackward1";
}

}  // namespace detail

// tensor.backward(...), where the program goes back through a graph again, or catches the error of a gradient that does
// not fit: the engine would sum it.
inline void backward(const at::Tensor& tensor, const at::Tensor& gradient = {},
                     const std::optional<bool>& retain_graph = std::nullopt, bool create_graph = false) {
  TORCH_CHECK(!gradient.defined() || gradient.sizes() == tensor.sizes(), "Mismatch in shape: grad_output[0] has a shape of ",
              gradient.sizes(), " and output[0] has a shape of ", tensor.sizes(), ".");
  const auto nodes = detail::nodes_of(tensor);
  auto& freed = detail::freed_nodes();
  for (const auto& [place, node] : nodes) {
    const auto found = freed.find(place);
    const bool again = found != freed.end() && found->second.lock() == node;
    TORCH_CHECK(!again || !detail::keeps_a_number(*node), torch::autograd::ERR_BACKWARD_TWICE);
  }
  tensor.backward(gradient, retain_graph, create_graph);
  if (retain_graph.value_or(create_graph)) return;
  for (const auto& [place, node] : nodes) freed.insert_or_assign(place, detail::FreedNode(node));
}

}  // namespace py2cpp
