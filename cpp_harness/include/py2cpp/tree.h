// Trees of tensors: a tensor, or tuples, lists and dicts of trees. What else stands in one, as numbers do, is left alone.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>  // which ordered_dict.h needs, and does not include
#include <torch/ordered_dict.h>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace py2cpp {

using Leaves = std::vector<at::Tensor>;

// `mapped` gives the tree with what `change` makes of each leaf, in order.
template <class T>
struct Tree {
  template <class Change>
  static T mapped(const T& value, Change&) {
    return value;
  }
};
template <>
struct Tree<at::Tensor> {
  template <class Change>
  static auto mapped(const at::Tensor& leaf, Change& change) {
    return change(leaf);
  }
};
template <class... T>
struct Tree<std::tuple<T...>> {
  template <class Change>
  static auto mapped(const std::tuple<T...>& parts, Change& change) {
    const auto each = [&change](const T&... part) {
      return std::tuple<decltype(Tree<T>::mapped(part, change))...>{Tree<T>::mapped(part, change)...};
    };
    return std::apply(each, parts);
  }
};
template <class T>
struct Tree<std::vector<T>> {
  template <class Change>
  static auto mapped(const std::vector<T>& parts, Change& change) {
    std::vector<decltype(Tree<T>::mapped(parts.front(), change))> made;
    for (const auto& part : parts) made.push_back(Tree<T>::mapped(part, change));
    return made;
  }
};
template <class T>
struct Tree<std::optional<T>> {
  template <class Change>
  static auto mapped(const std::optional<T>& part, Change& change) {
    std::optional<decltype(Tree<T>::mapped(*part, change))> made;
    if (part) made = Tree<T>::mapped(*part, change);
    return made;
  }
};
template <class Key, class T>
struct Tree<torch::OrderedDict<Key, T>> {
  template <class Change>
  static auto mapped(const torch::OrderedDict<Key, T>& parts, Change& change) {
    torch::OrderedDict<Key, decltype(Tree<T>::mapped(parts.front().value(), change))> made;
    for (const auto& part : parts) made.insert(part.key(), Tree<T>::mapped(part.value(), change));
    return made;
  }
};

template <class T, class Change>
auto tree_map(const T& tree, Change&& change) {
  return Tree<T>::mapped(tree, change);
}

// The tensors in a tree; a tensor that is None is no leaf.
template <class T>
Leaves leaves(const T& tree) {
  Leaves found;
  tree_map(tree, [&found](const at::Tensor& leaf) {
    if (leaf.defined()) found.push_back(leaf);
    return leaf;
  });
  return found;
}

// A tree of the same shape with other leaves.
template <class T>
T rebuilt(const T& tree, const Leaves& leaves) {
  std::size_t next = 0;
  return tree_map(tree, [&](const at::Tensor& leaf) { return leaf.defined() ? leaves.at(next++) : leaf; });
}

// The parts of a tuple whose places are given; one place gives the part itself.
template <std::size_t... Place, class Parts>
auto picked(const Parts& parts) {
  if constexpr (sizeof...(Place) == 0) return std::get<0>(parts);
  else if constexpr (sizeof...(Place) == 1) return std::get<(Place + ... + 0)>(parts);
  else return std::make_tuple(std::get<Place>(parts)...);
}

}  // namespace py2cpp
