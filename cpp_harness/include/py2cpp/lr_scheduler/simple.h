// Schedulers that compute each rate from the one before, as torch.optim.lr_scheduler does.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "py2cpp/lr_scheduler/scheduler.h"

namespace py2cpp::lr_scheduler {

using Factor = std::function<double(int64_t)>;

// The functions of LambdaLR and MultiplicativeLR: one for all groups, or one each.
class Factors {
 public:
  template <class F, class = std::enable_if_t<std::is_invocable_r_v<double, F, int64_t>>>
  Factors(F factor) : one_(std::move(factor)) {}
  Factors(std::vector<Factor> factors) : factors_(std::move(factors)) {}
  std::vector<Factor> of(const Optimizer& optimizer) const {
    const size_t count = optimizer.param_groups().size();
    if (one_) return std::vector<Factor>(count, one_);
    TORCH_CHECK_VALUE(factors_.size() == count, "Expected ", count, " lr_lambdas, but got ", factors_.size());
    return factors_;
  }

 private:
  Factor one_;
  std::vector<Factor> factors_;
};

class LambdaLRImpl : public SchedulerImpl {
 public:
  LambdaLRImpl(const Optimizer& optimizer, const Factors& factors, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), factors_(factors.of(optimizer)) {}

 protected:
  std::vector<Number> next_rates() override {
    std::vector<Number> found;
    for (size_t i = 0; i < base_lrs.size(); ++i) found.push_back(base_lrs[i] * factors_[i](last_epoch));
    return found;
  }

 private:
  std::vector<Factor> factors_;
};
class LambdaLR : public SchedulerOf<LambdaLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  LambdaLR(const Optimizer& optimizer, const Factors& lr_lambda, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<LambdaLRImpl>(optimizer, lr_lambda, last_epoch)) {}
};

class MultiplicativeLRImpl : public SchedulerImpl {
 public:
  MultiplicativeLRImpl(const Optimizer& optimizer, const Factors& factors, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), factors_(factors.of(optimizer)) {}

 protected:
  std::vector<Number> next_rates() override {
    std::vector<Number> found = rates();
    if (is_initial) return found;
    for (size_t i = 0; i < found.size(); ++i) found[i] = found[i] * factors_.at(i)(last_epoch);
    return found;
  }

 private:
  std::vector<Factor> factors_;
};
class MultiplicativeLR : public SchedulerOf<MultiplicativeLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  MultiplicativeLR(const Optimizer& optimizer, const Factors& lr_lambda, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<MultiplicativeLRImpl>(optimizer, lr_lambda, last_epoch)) {}
};

// Python's %, which rounds down.
inline int64_t floor_mod(int64_t a, int64_t n) {
  TORCH_CHECK(n != 0, "ZeroDivisionError: integer modulo by zero");
  return ((a % n) + n) % n;
}

class StepLRImpl : public SchedulerImpl {
 public:
  StepLRImpl(const Optimizer& optimizer, int64_t step_size, double gamma, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), step_size_(step_size), gamma_(gamma) {
    TORCH_CHECK(step_size != 0, "ZeroDivisionError: integer modulo by zero");
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("step_size", step_size_);
    visit("gamma", gamma_);
  }

 protected:
  std::vector<Number> next_rates() override {
    if (last_epoch == 0 || last_epoch % step_size_ != 0) return rates();
    return rates([this](const Number& lr) { return lr * gamma_; });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const auto passed = std::floor(static_cast<double>(last_epoch) / static_cast<double>(step_size_));
    return from_base([&](const Number& base) { return base * std::pow(gamma_, passed); });
  }

 private:
  int64_t step_size_;
  double gamma_;
};
class StepLR : public SchedulerOf<StepLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  StepLR(const Optimizer& optimizer, int64_t step_size, double gamma = 0.1, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<StepLRImpl>(optimizer, step_size, gamma, last_epoch)) {}
};

class MultiStepLRImpl : public SchedulerImpl {
 public:
  MultiStepLRImpl(const Optimizer& optimizer, std::vector<int64_t> milestones, double gamma, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), milestones_(std::move(milestones)), gamma_(gamma) {
    std::sort(milestones_.begin(), milestones_.end());
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("milestones", milestones_);
    visit("gamma", gamma_);
  }

 protected:
  std::vector<Number> next_rates() override {
    const auto times = std::count(milestones_.begin(), milestones_.end(), last_epoch);
    if (times == 0) return rates();
    return rates([&](const Number& lr) { return lr * std::pow(gamma_, static_cast<double>(times)); });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const auto passed = static_cast<double>(position_among(milestones_, last_epoch));
    return from_base([&](const Number& base) { return base * std::pow(gamma_, passed); });
  }

 private:
  std::vector<int64_t> milestones_;
  double gamma_;
};
class MultiStepLR : public SchedulerOf<MultiStepLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  MultiStepLR(const Optimizer& optimizer, std::vector<int64_t> milestones, double gamma = 0.1, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<MultiStepLRImpl>(optimizer, std::move(milestones), gamma, last_epoch)) {}
};

class ConstantLRImpl : public SchedulerImpl {
 public:
  ConstantLRImpl(const Optimizer& optimizer, double factor, int64_t total_iters, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), factor_(factor), total_iters_(total_iters) {
    TORCH_CHECK_VALUE(factor <= 1.0 && factor >= 0, "Constant multiplicative factor expected to be between 0 and 1.");
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("factor", factor_);
    visit("total_iters", total_iters_);
  }

 protected:
  std::vector<Number> next_rates() override {
    if (last_epoch == 0) return rates([this](const Number& lr) { return lr * factor_; });
    if (last_epoch != total_iters_) return rates();
    TORCH_CHECK(factor_ != 0, "ZeroDivisionError: float division by zero");
    return rates([this](const Number& lr) { return lr * (1.0 / factor_); });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const double done = last_epoch >= total_iters_ ? 1.0 : 0.0;
    return from_base([&](const Number& base) { return base * (factor_ + done * (1 - factor_)); });
  }

 private:
  double factor_;
  int64_t total_iters_;
};
class ConstantLR : public SchedulerOf<ConstantLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  ConstantLR(const Optimizer& optimizer, double factor = 1.0 / 3, int64_t total_iters = 5, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<ConstantLRImpl>(optimizer, factor, total_iters, last_epoch)) {}
};

class LinearLRImpl : public SchedulerImpl {
 public:
  LinearLRImpl(const Optimizer& optimizer, double start, double end, int64_t total_iters, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), start_(start), end_(end), total_(static_cast<double>(total_iters)) {
    TORCH_CHECK_VALUE(start <= 1.0 && start > 0, "Starting multiplicative factor expected to be in (0, 1]");
    TORCH_CHECK_VALUE(end <= 1.0 && end >= 0, "Ending multiplicative factor expected to be between 0 and 1.");
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("start_factor", start_);
    visit("end_factor", end_);
    visit("total_iters", total_);
  }

 protected:
  std::vector<Number> next_rates() override {
    const auto epoch = static_cast<double>(last_epoch);
    if (last_epoch == 0) return rates([this](const Number& lr) { return lr * start_; });
    if (is_initial || epoch > total_) return rates();
    const double change = (end_ - start_) / (total_ * start_ + (epoch - 1) * (end_ - start_));
    return rates([&](const Number& lr) { return lr * (1.0 + change); });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const double passed = std::min(total_, static_cast<double>(last_epoch));
    return from_base([&](const Number& base) { return base * (start_ + (end_ - start_) * passed / total_); });
  }

 private:
  double start_;
  double end_;
  double total_;
};
class LinearLR : public SchedulerOf<LinearLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  LinearLR(const Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1.0, int64_t total_iters = 5,
           int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<LinearLRImpl>(optimizer, start_factor, end_factor, total_iters, last_epoch)) {}
};

class ExponentialLRImpl : public SchedulerImpl {
 public:
  ExponentialLRImpl(const Optimizer& optimizer, double gamma, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), gamma_(gamma) {}

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("gamma", gamma_);
  }

 protected:
  std::vector<Number> next_rates() override {
    if (is_initial) return rates();
    return rates([this](const Number& lr) { return lr * gamma_; });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    return from_base([this](const Number& base) { return base * std::pow(gamma_, static_cast<double>(last_epoch)); });
  }

 private:
  double gamma_;
};
class ExponentialLR : public SchedulerOf<ExponentialLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  ExponentialLR(const Optimizer& optimizer, double gamma, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<ExponentialLRImpl>(optimizer, gamma, last_epoch)) {}
};

class PolynomialLRImpl : public SchedulerImpl {
 public:
  PolynomialLRImpl(const Optimizer& optimizer, int64_t total_iters, double power, int64_t last_epoch)
      : SchedulerImpl(optimizer, last_epoch), total_(static_cast<double>(total_iters)), power_(power) {}

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("total_iters", total_);
    visit("power", power_);
  }

 protected:
  std::vector<Number> next_rates() override {
    const auto epoch = static_cast<double>(last_epoch);
    if (is_initial || epoch > total_) return rates();
    const double decay = std::pow((1.0 - epoch / total_) / (1.0 - (epoch - 1) / total_), power_);
    return rates([&](const Number& lr) { return lr * decay; });
  }
  std::optional<std::vector<Number>> closed_form() const override {
    const double passed = std::min(total_, static_cast<double>(last_epoch));
    return from_base([&](const Number& base) { return base * std::pow(1.0 - passed / total_, power_); });
  }

 private:
  double total_;
  double power_;
};
class PolynomialLR : public SchedulerOf<PolynomialLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  PolynomialLR(const Optimizer& optimizer, int64_t total_iters = 5, double power = 1.0, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<PolynomialLRImpl>(optimizer, total_iters, power, last_epoch)) {}
};

}  // namespace py2cpp::lr_scheduler
