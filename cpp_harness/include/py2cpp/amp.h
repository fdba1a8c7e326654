// Mixed precision: torch.autocast, and torch.amp.GradScaler where it is not enabled.
#pragma once

#include <ATen/Context.h>
#include <ATen/Tensor.h>
#include <ATen/autocast_mode.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace py2cpp {

// While it lives, operations on a device compute in another dtype, as under Python's context manager.
class Autocast {
 public:
  explicit Autocast(const std::string& device, std::optional<at::ScalarType> dtype = std::nullopt, bool enabled = true,
                    std::optional<bool> cache_enabled = std::nullopt)
      : device_(at::Device(device).type()),
        was_enabled_(at::autocast::is_autocast_enabled(device_)),
        was_dtype_(at::autocast::get_autocast_dtype(device_)),
        was_cached_(at::autocast::is_autocast_cache_enabled()) {
    const at::ScalarType chosen = dtype.value_or(was_dtype_);
    const bool is_known = chosen == at::kBFloat16 || chosen == at::kHalf;
    const bool can_cast = device_ == at::kCUDA ? at::hasCUDA() : is_known;
    at::autocast::set_autocast_enabled(device_, enabled && can_cast);
    at::autocast::set_autocast_dtype(device_, chosen);
    at::autocast::increment_nesting();
    at::autocast::set_autocast_cache_enabled(cache_enabled.value_or(was_cached_));
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, was_dtype_);
    at::autocast::set_autocast_cache_enabled(was_cached_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool was_enabled_;
  at::ScalarType was_dtype_;
  bool was_cached_;
};

// torch.cuda.amp.autocast and torch.cpu.amp.autocast.
struct CudaAutocast : Autocast {
  explicit CudaAutocast(bool enabled = true, bool cache_enabled = true, std::optional<at::ScalarType> dtype = at::kHalf)
      : Autocast("cuda", dtype, enabled, cache_enabled) {}
};
struct CpuAutocast : Autocast {
  explicit CpuAutocast(bool enabled = true, bool cache_enabled = true,
                       std::optional<at::ScalarType> dtype = at::kBFloat16)
      : Autocast("cpu", dtype, enabled, cache_enabled) {}
};

// A scaler that is not enabled: it gives losses as they are. Python's own turns itself off for CUDA without CUDA.
class GradScaler {
 public:
  GradScaler(std::nullptr_t) {}
  GradScaler(std::nullopt_t) {}
  explicit GradScaler(const std::string& device = "cuda", bool enabled = true) : is_there_(true) {
    TORCH_CHECK(!enabled || (device == "cuda" && !at::hasCUDA()), "an enabled GradScaler has no translation");
  }

  at::Tensor scale(const at::Tensor& outputs) const { return outputs; }
  template <class Optimizer>
  void unscale_(const Optimizer&) const {}
  void update() const {}
  double get_scale() const { return 1.0; }
  bool operator==(std::nullptr_t) const { return !is_there_; }
  bool operator!=(std::nullptr_t) const { return is_there_; }

 private:
  bool is_there_ = false;
};

}  // namespace py2cpp
