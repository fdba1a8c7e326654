// Random number generators, whose methods return the generator in Python.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <cstdint>
#include <mutex>

namespace py2cpp {

inline at::Generator cpu_generator(const at::Device& device = at::kCPU) {
  TORCH_CHECK(device.is_cpu(), "generators are made for the CPU only, not for ", device);
  return at::detail::createCPUGenerator();
}

inline at::Generator manual_seed(at::Generator generator, int64_t seed) {
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(static_cast<uint64_t>(seed));
  return generator;
}

// The default generator, which torch.manual_seed gives.
inline at::Generator manual_seed(int64_t seed) {
  at::manual_seed(static_cast<uint64_t>(seed));
  return at::detail::getDefaultCPUGenerator();
}

inline int64_t initial_seed(const at::Generator& generator) {
  return static_cast<int64_t>(generator.current_seed());
}

inline at::Generator set_state(at::Generator generator, const at::Tensor& state) {
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
  return generator;
}

inline void set_rng_state(const at::Tensor& state) { set_state(at::detail::getDefaultCPUGenerator(), state); }

}  // namespace py2cpp
