// torch.func.vmap: a function of one item, called on all items of a batch at once, by LibTorch's functorch.
#pragma once

#include <ATen/ATen.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "py2cpp/batched_losses.h"
#include "py2cpp/exceptions.h"
#include "py2cpp/tree.h"

namespace py2cpp {

namespace detail {

class VmapLevel {
 public:
  VmapLevel(int64_t size, at::functorch::RandomnessType randomness)
      : size_(size),
        level_(at::functorch::initAndPushDynamicLayer(at::functorch::TransformType::Vmap, size, randomness)) {}
  VmapLevel(const VmapLevel&) = delete;
  VmapLevel& operator=(const VmapLevel&) = delete;
  ~VmapLevel() { at::functorch::popDynamicLayerAndDeleteMetadata(); }

  template <class T>
  T batched(const T& tree, std::optional<int64_t> dim) const {
    if (!dim) return tree;
    return tree_map(tree, [&](const at::Tensor& leaf) {
      return at::functorch::addBatchDim(leaf, at::maybe_wrap_dim(*dim, leaf.dim()), level_);
    });
  }
  // What does not depend on the batch is repeated for each of its items.
  template <class T>
  T unbatched(const T& tree, int64_t dim) const {
    return tree_map(tree, [&](const at::Tensor& leaf) { return unbatched(leaf, dim); });
  }
  at::Tensor unbatched(const at::Tensor& leaf, int64_t dim) const {
    const auto* held = at::functorch::maybeGetBatchedImpl(leaf);
    if (held == nullptr || held->level() < level_) {
      auto sizes = leaf.sizes().vec();
      sizes.insert(sizes.begin() + at::maybe_wrap_dim(dim, leaf.dim() + 1), size_);
      return leaf.expand(sizes);
    }
    TORCH_INTERNAL_ASSERT(held->level() == level_);
    const auto value = held->value();
    const auto from = at::maybe_wrap_dim(held->bdim(), value.dim()), to = at::maybe_wrap_dim(dim, value.dim());
    if (from == to) return value;
    std::vector<int64_t> order;
    for (int64_t i = 0; i < value.dim(); ++i) {
      if (i != from) order.push_back(i);
    }
    order.insert(order.begin() + to, from);
    return value.permute(order);
  }

 private:
  int64_t size_, level_;
};

}  // namespace detail

// vmap(f, in_dims, out_dims, randomness)(x, y)
class Vmap {
 public:
  using Dims = std::vector<std::optional<int64_t>>;

  Vmap& in_dims(Dims dims) { return in_ = std::move(dims), *this; }
  Vmap& out_dims(std::vector<int64_t> dims) { return out_ = std::move(dims), *this; }
  Vmap& different() { return randomness_ = at::functorch::RandomnessType::Different, *this; }
  Vmap& same() { return randomness_ = at::functorch::RandomnessType::Same, *this; }

  template <class F, class... A>
  auto operator()(F&& function, const A&... arguments) const {
    return called(function, std::tuple<A...>(arguments...), std::index_sequence_for<A...>());
  }

 private:
  std::optional<int64_t> in(std::size_t place) const { return in_.size() == 1 ? in_[0] : in_.at(place); }

  template <class F, class Arguments, std::size_t... I>
  auto called(F& function, const Arguments& arguments, std::index_sequence<I...>) const {
    batched::ensure_registered();
    std::optional<int64_t> size;
    const auto measure = [&size](const auto& tree, std::optional<int64_t> dim) {
      if (!dim) return;
      for (const auto& leaf : leaves(tree)) {
        const auto found = leaf.size(*dim);
        require<ValueError>(size.value_or(found) == found,
                            "vmap: Expected all tensors to have the same size in the mapped dimension");
        size = found;
      }
    };
    (measure(std::get<I>(arguments), in(I)), ...);
    require<ValueError>(size.has_value(), "vmap: Expected at least one Tensor to vmap over");
    const detail::VmapLevel level(*size, randomness_);
    return results(level, function(level.batched(std::get<I>(arguments), in(I))...));
  }

  template <class T>
  T results(const detail::VmapLevel& level, const T& given) const {
    return level.unbatched(given, out_[0]);
  }
  template <class... T>
  std::tuple<T...> results(const detail::VmapLevel& level, const std::tuple<T...>& given) const {
    return results(level, given, std::index_sequence_for<T...>());
  }
  template <class... T, std::size_t... I>
  std::tuple<T...> results(const detail::VmapLevel& level, const std::tuple<T...>& given,
                           std::index_sequence<I...>) const {
    return {level.unbatched(std::get<I>(given), out_.size() == 1 ? out_[0] : out_.at(I))...};
  }

  Dims in_{0};
  std::vector<int64_t> out_{0};
  at::functorch::RandomnessType randomness_ = at::functorch::RandomnessType::Error;
};

}  // namespace py2cpp
