// iter(loader), which is kept: the batches one by one, each read when it is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "py2cpp/data.h"
#include "py2cpp/iterators.h"

namespace py2cpp::data {

inline Iterator<std::vector<at::Tensor>> iterate(const DataLoader& loader) {
  loader.enter();
  return Iterator<std::vector<at::Tensor>>(
      [loader, order = std::optional<std::vector<int64_t>>(), next = int64_t{0}]() mutable
      -> std::optional<std::vector<at::Tensor>> {
        if (!order) order = loader.draw();
        if (next >= loader.size()) return std::nullopt;
        return loader.batch(*order, next++);
      });
}

}  // namespace py2cpp::data
