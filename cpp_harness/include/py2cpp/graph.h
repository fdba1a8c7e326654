// The graph that autograd records.
#pragma once

#include <torch/csrc/autograd/function.h>

#include <cstdint>
#include <tuple>

namespace py2cpp {

// One of `node.next_functions`: where a gradient goes next. Behind the edges of C++ are those of numbers, to nothing.
inline std::tuple<c10::intrusive_ptr<torch::autograd::Node>, int64_t> edge(
    const torch::autograd::edge_list& edges, int64_t index) {
  const auto count = static_cast<int64_t>(edges.size());
  TORCH_CHECK_INDEX(index >= 0, "edges are counted from the first one");
  if (index >= count) return {nullptr, 0};
  const auto& found = edges[static_cast<size_t>(index)];
  return {found.function, static_cast<int64_t>(found.input_nr)};
}

}  // namespace py2cpp
