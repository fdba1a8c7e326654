// Schedulers made of others, and ReduceLROnPlateau, as torch.optim.lr_scheduler has them.
#pragma once

#include <algorithm>
#include <limits>
#include <string>

#include "py2cpp/lr_scheduler/scheduler.h"

namespace py2cpp::lr_scheduler {

inline void check_parts(const Optimizer& optimizer, const std::vector<LRScheduler>& parts) {
  TORCH_CHECK_VALUE(!parts.empty(), "expected at least one scheduler, but got no scheduler");
  for (const auto& part : parts) {
    TORCH_CHECK_VALUE(!part.impl().takes_metrics(), "ReduceLROnPlateau cannot be a part of another scheduler");
    TORCH_CHECK_VALUE(optimizer.is_same(part.optimizer()), "expected all schedulers to belong to the same optimizer");
  }
}

class SequentialLRImpl : public SchedulerImpl {
 public:
  SequentialLRImpl(const Optimizer& optimizer_, std::vector<LRScheduler> parts, std::vector<int64_t> milestones,
                   int64_t last_epoch_)
      : SchedulerImpl(optimizer_, last_epoch_ + 1), parts_(std::move(parts)), milestones_(std::move(milestones)) {
    check_parts(optimizer_, parts_);
    TORCH_CHECK_VALUE(milestones_.size() == parts_.size() - 1, "expected one milestone less than schedulers");
  }

  void start() override {
    for (const auto& group : groups()) set_rate(group, *group.values().initial_lr);
    undo_step();
    SchedulerImpl& first = parts_[position_among(milestones_, 0)].impl();
    first.initial_step();
    last_lr = first.last_lr;
  }

  void step() override {
    ++last_epoch;
    const size_t i = position_among(milestones_, last_epoch);
    SchedulerImpl& part = parts_.at(i).impl();
    if (i > 0 && milestones_[i - 1] == last_epoch) {
      part.go_to(0);
    } else {
      part.step();
    }
    last_lr = part.last_lr;
  }

  void undo_step() override {
    for (const auto& part : parts_) part.impl().undo_step();
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("_milestones", milestones_);
    visit.parts(parts_);
  }

 protected:
  std::vector<Number> next_rates() override { TORCH_CHECK_NOT_IMPLEMENTED(false, "NotImplementedError"); }

 private:
  std::vector<LRScheduler> parts_;
  std::vector<int64_t> milestones_;
};
class SequentialLR : public SchedulerOf<SequentialLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  SequentialLR(const Optimizer& optimizer, std::vector<LRScheduler> schedulers, std::vector<int64_t> milestones,
               int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<SequentialLRImpl>(optimizer, std::move(schedulers), std::move(milestones),
                                                       last_epoch)) {}
};

class ChainedSchedulerImpl : public SchedulerImpl {
 public:
  ChainedSchedulerImpl(const Optimizer& optimizer_, std::vector<LRScheduler> parts)
      : SchedulerImpl(optimizer_, 0), parts_(std::move(parts)) {
    check_parts(optimizer_, parts_);
  }

  void start() override { last_lr = rates(); }
  void step() override {
    for (const auto& part : parts_) part.step();
    last_lr = rates();
  }
  void undo_step() override {
    for (const auto& part : parts_) part.impl().undo_step();
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit.parts(parts_);
  }

 protected:
  std::vector<Number> next_rates() override { TORCH_CHECK_NOT_IMPLEMENTED(false, "NotImplementedError"); }

 private:
  std::vector<LRScheduler> parts_;
};
class ChainedScheduler : public SchedulerOf<ChainedSchedulerImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  explicit ChainedScheduler(std::vector<LRScheduler> schedulers)
      : SchedulerOf(std::make_shared<ChainedSchedulerImpl>(first_optimizer(schedulers), schedulers)) {}
  ChainedScheduler(std::vector<LRScheduler> schedulers, const Optimizer& optimizer)
      : SchedulerOf(std::make_shared<ChainedSchedulerImpl>(optimizer, std::move(schedulers))) {}

 private:
  static Optimizer first_optimizer(const std::vector<LRScheduler>& schedulers) {
    TORCH_CHECK_VALUE(!schedulers.empty(), "expected at least one scheduler, but got no scheduler");
    return schedulers.front().optimizer();
  }
};

struct PlateauOptions {
  std::string mode;
  double factor;
  int64_t patience;
  double threshold;
  std::string threshold_mode;
  int64_t cooldown;
  PerGroup min_lr;
  double eps;
};

class ReduceLROnPlateauImpl : public SchedulerImpl {
 public:
  ReduceLROnPlateauImpl(const Optimizer& optimizer_, PlateauOptions options)
      : SchedulerImpl(optimizer_, 0), options_(std::move(options)), min_lrs_(options_.min_lr.of(optimizer_)) {
    TORCH_CHECK_VALUE(options_.factor < 1.0, "Factor should be < 1.0.");
    TORCH_CHECK_VALUE(options_.mode == "min" || options_.mode == "max", "mode ", options_.mode, " is unknown!");
    TORCH_CHECK_VALUE(options_.threshold_mode == "rel" || options_.threshold_mode == "abs", "threshold mode ",
                      options_.threshold_mode, " is unknown!");
    const double inf = std::numeric_limits<double>::infinity();
    best = options_.mode == "min" ? inf : -inf;
  }

  void start() override { last_lr = rates(); }
  void step() override { TORCH_CHECK(false, "TypeError: step() needs metrics"); }
  void step(double current) override {
    ++last_epoch;
    if (is_better(current)) {
      best = current;
      num_bad_epochs = 0;
    } else {
      ++num_bad_epochs;
    }
    if (cooldown_counter_ > 0) {
      --cooldown_counter_;
      num_bad_epochs = 0;
    }
    if (num_bad_epochs > options_.patience) {
      reduce();
      cooldown_counter_ = options_.cooldown;
      num_bad_epochs = 0;
    }
    last_lr = rates();
  }
  bool takes_metrics() const override { return true; }

  double best;
  int64_t num_bad_epochs = 0;

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("factor", options_.factor);
    visit("patience", options_.patience);
    visit("threshold", options_.threshold);
    visit("mode", options_.mode);
    visit("threshold_mode", options_.threshold_mode);
    visit("cooldown", options_.cooldown);
    visit("min_lrs", min_lrs_);
    visit("eps", options_.eps);
    visit("best", best);
    visit("num_bad_epochs", num_bad_epochs);
    visit("cooldown_counter", cooldown_counter_);
  }

 protected:
  std::vector<Number> next_rates() override { TORCH_CHECK_NOT_IMPLEMENTED(false, "NotImplementedError"); }

 private:
  bool is_better(double current) const {
    const bool relative = options_.threshold_mode == "rel";
    if (options_.mode == "min") {
      return current < (relative ? best * (1.0 - options_.threshold) : best - options_.threshold);
    }
    return current > (relative ? best * (options_.threshold + 1.0) : best + options_.threshold);
  }

  void reduce() {
    if (groups().size() != min_lrs_.size()) min_lrs_ = options_.min_lr.of(optimizer);
    for (size_t i = 0; i < min_lrs_.size(); ++i) {
      const double old_lr = groups()[i].held_rate().value();
      const double new_lr = std::max(old_lr * options_.factor, min_lrs_[i]);
      if (old_lr - new_lr > options_.eps) set_rate(groups()[i], new_lr);
    }
  }

  PlateauOptions options_;
  std::vector<double> min_lrs_;
  int64_t cooldown_counter_ = 0;
};
class ReduceLROnPlateau : public SchedulerOf<ReduceLROnPlateauImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  ReduceLROnPlateau(const Optimizer& optimizer, std::string mode = "min", double factor = 0.1, int64_t patience = 10,
                    double threshold = 1e-4, std::string threshold_mode = "rel", int64_t cooldown = 0,
                    PerGroup min_lr = 0.0, double eps = 1e-8)
      : SchedulerOf(std::make_shared<ReduceLROnPlateauImpl>(
            optimizer, PlateauOptions{std::move(mode), factor, patience, threshold, std::move(threshold_mode), cooldown,
                                      std::move(min_lr), eps})) {}
  double best() const { return plateau().best; }
  int64_t num_bad_epochs() const { return plateau().num_bad_epochs; }

 private:
  const ReduceLROnPlateauImpl& plateau() const { return static_cast<const ReduceLROnPlateauImpl&>(impl()); }
};

}  // namespace py2cpp::lr_scheduler
