// torch.finfo and torch.iinfo: the limits of a dtype's numbers.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace py2cpp {

class finfo {
 public:
  explicit finfo(torch::Dtype type) : type_(type) {
    TORCH_CHECK(c10::isFloatingType(type) || c10::isComplexType(type), "torch.finfo() requires a floating point input type");
  }
  double eps() const { return of([](auto limits) { return static_cast<double>(limits.epsilon()); }); }
  double max() const { return of([](auto limits) { return static_cast<double>(limits.max()); }); }
  double min() const { return of([](auto limits) { return static_cast<double>(limits.lowest()); }); }
  double tiny() const { return of([](auto limits) { return static_cast<double>(limits.min()); }); }
  double smallest_normal() const { return tiny(); }
  double resolution() const { return of([](auto limits) { return std::pow(10, -limits.digits10); }); }
  int64_t bits() const { return static_cast<int64_t>(c10::elementSize(c10::toRealValueType(type_))) * 8; }

 private:
  template <class Read>
  double of(const Read& read) const {
    return AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, c10::toRealValueType(type_), "finfo",
                                           [&] { return read(std::numeric_limits<scalar_t>()); });
  }
  torch::Dtype type_;
};

class iinfo {
 public:
  explicit iinfo(torch::Dtype type) : type_(type) {
    TORCH_CHECK(c10::isIntegralType(type, /*includeBool=*/false), "torch.iinfo() requires an integer input type");
  }
  int64_t max() const { return of([](auto limits) { return static_cast<int64_t>(limits.max()); }); }
  int64_t min() const { return of([](auto limits) { return static_cast<int64_t>(limits.lowest()); }); }
  int64_t bits() const { return static_cast<int64_t>(c10::elementSize(type_)) * 8; }

 private:
  template <class Read>
  int64_t of(const Read& read) const {
    return AT_DISPATCH_INTEGRAL_TYPES(type_, "iinfo", [&] { return read(std::numeric_limits<scalar_t>()); });
  }
  torch::Dtype type_;
};

}  // namespace py2cpp
