// Schedulers along a cosine, as torch.optim.lr_scheduler has them.
#pragma once

#include <cmath>

#include "py2cpp/lr_scheduler/simple.h"

namespace py2cpp::lr_scheduler {

inline constexpr double pi = 3.141592653589793;

class CosineAnnealingLRImpl : public SchedulerImpl {
 public:
  CosineAnnealingLRImpl(const Optimizer& optimizer, int64_t t_max, double eta_min, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), t_max_(t_max), eta_min_(eta_min) {}

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("T_max", t_max_);
    visit("eta_min", eta_min_);
  }

 protected:
  std::vector<Number> next_rates() override {
    const auto epoch = static_cast<double>(last_epoch);
    const auto period = static_cast<double>(t_max_);
    if (is_initial) return rates();
    if (step_count == 1 && last_epoch > 0) {
      return from_base([&](const Number& base) { return eta_min_ + (base - eta_min_) * (1.0 + std::cos(epoch * pi / period)) / 2.0; });
    }
    if (floor_mod(last_epoch - 1 - t_max_, 2 * t_max_) == 0) {
      std::vector<Number> found = rates();
      for (size_t i = 0; i < found.size(); ++i) {
        found[i] = found[i] + (base_lrs.at(i) - eta_min_) * (1.0 - std::cos(pi / period)) / 2.0;
      }
      return found;
    }
    return rates([&](const Number& lr) {
      return (1.0 + std::cos(pi * epoch / period)) / (1.0 + std::cos(pi * (epoch - 1) / period)) * (lr - eta_min_) +
             eta_min_;
    });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const auto epoch = static_cast<double>(last_epoch);
    const auto period = static_cast<double>(t_max_);
    return from_base([&](const Number& base) { return eta_min_ + (base - eta_min_) * (1.0 + std::cos(pi * epoch / period)) / 2.0; });
  }

 private:
  int64_t t_max_;
  double eta_min_;
};
class CosineAnnealingLR : public SchedulerOf<CosineAnnealingLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  CosineAnnealingLR(const Optimizer& optimizer, int64_t T_max, double eta_min = 0.0, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<CosineAnnealingLRImpl>(optimizer, T_max, eta_min, last_epoch)) {}
};

class CosineAnnealingWarmRestartsImpl : public SchedulerImpl {
 public:
  CosineAnnealingWarmRestartsImpl(const Optimizer& optimizer, int64_t t_0, int64_t t_mult, double eta_min,
                                  int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch),
        first_(t_0),
        period_(t_0),
        factor_(t_mult),
        current_(last_epoch),
        eta_min_(eta_min) {
    TORCH_CHECK_VALUE(t_0 > 0, "Expected positive integer T_0, but got ", t_0);
    TORCH_CHECK_VALUE(t_mult >= 1, "Expected integer T_mult >= 1, but got ", t_mult);
  }

  void step() override {
    if (last_epoch < 0) {
      period_ = first_;
      current_ = 0;
      last_epoch = 0;
    } else {
      ++last_epoch;
      ++current_;
      if (current_ >= period_) {
        current_ = current_ % period_;
        period_ = period_ * factor_;
      }
    }
    set_rates(next_rates());
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("T_0", first_);
    visit("T_i", period_);
    visit("T_mult", factor_);
    visit("T_cur", current_);
    visit("eta_min", eta_min_);
  }

 protected:
  std::vector<Number> next_rates() override {
    const double angle = pi * static_cast<double>(current_) / static_cast<double>(period_);
    return from_base([&](const Number& base) { return eta_min_ + (base - eta_min_) * (1.0 + std::cos(angle)) / 2.0; });
  }

 private:
  int64_t first_;
  int64_t period_;
  int64_t factor_;
  int64_t current_;
  double eta_min_;
};
class CosineAnnealingWarmRestarts : public SchedulerOf<CosineAnnealingWarmRestartsImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  CosineAnnealingWarmRestarts(const Optimizer& optimizer, int64_t T_0, int64_t T_mult = 1, double eta_min = 0.0,
                              int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<CosineAnnealingWarmRestartsImpl>(optimizer, T_0, T_mult, eta_min, last_epoch)) {}
};

}  // namespace py2cpp::lr_scheduler
