// What Python's torch.device says of itself.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>

namespace py2cpp {

// `device.index`: None where the device names no index.
inline std::optional<int64_t> index(const torch::Device& device) {
  return device.has_index() ? std::optional<int64_t>(device.index()) : std::nullopt;
}

// torch.nn.parallel.data_parallel, for which there are no devices on a CPU, and no translation on others.
inline at::Tensor data_parallel(const at::Tensor&) { TORCH_CHECK(false, "several devices have no translation"); }

}  // namespace py2cpp
