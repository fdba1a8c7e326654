// CyclicLR and OneCycleLR, which move the momentum too, as torch.optim.lr_scheduler has them.
#pragma once

#include <cmath>
#include <string>

#include "py2cpp/lr_scheduler/cosine.h"

namespace py2cpp::lr_scheduler {

// The momentum of a group: `momentum`, or the first of `betas`.
class Momentum {
 public:
  Momentum() = default;
  explicit Momentum(const Optimizer& optimizer) {
    const auto& defaults = optimizer.defaults().values();
    is_beta_ = defaults.betas.has_value();
    TORCH_CHECK_VALUE(is_beta_ || defaults.momentum.has_value(),
                      "optimizer must support momentum or beta1 with `cycle_momentum` option enabled");
  }
  void set(const ParamGroup& group, double value) const {
    if (is_beta_) {
      group.betas({value, std::get<1>(group.betas())});
    } else {
      group.momentum(value);
    }
  }
  void start(const Optimizer& optimizer, const std::vector<double>& lowest, const std::vector<double>& highest) const {
    for (size_t i = 0; i < highest.size(); ++i) {
      const ParamGroup& group = optimizer.param_groups()[i];
      set(group, highest[i]);
      group.max_momentum(highest[i]).base_momentum(lowest[i]);
    }
  }

  void fields(Fields& visit) { visit("use_beta1", is_beta_); }

 private:
  bool is_beta_ = false;
};

struct CyclicLROptions {
  PerGroup base_lr;
  PerGroup max_lr;
  int64_t step_size_up = 2000;
  std::optional<int64_t> step_size_down;
  std::string mode = "triangular";
  double gamma = 1.0;
  Factor scale_fn;
  std::string scale_mode = "cycle";
  bool cycle_momentum = true;
  PerGroup base_momentum = 0.8;
  PerGroup max_momentum = 0.9;
  int64_t last_epoch = -1;
};

class CyclicLRImpl : public SchedulerImpl {
 public:
  CyclicLRImpl(const Optimizer& optimizer_, const CyclicLROptions& options)
      : SchedulerImpl(optimizer_, options.last_epoch),
        lowest_(options.base_lr.of(optimizer_)),
        highest_(options.max_lr.of(optimizer_)),
        custom_(options.scale_fn),
        mode_(options.mode),
        gamma_(options.gamma),
        scale_mode_(options.scale_mode),
        cycle_momentum_(options.cycle_momentum) {
    if (last_epoch == -1) {
      for (size_t i = 0; i < lowest_.size(); ++i) set_rate(groups()[i], lowest_[i]);
    }
    const auto up = static_cast<double>(options.step_size_up);
    const double down = options.step_size_down ? static_cast<double>(*options.step_size_down) : up;
    total_ = up + down;
    ratio_ = up / total_;
    const bool is_known = mode_ == "triangular" || mode_ == "triangular2" || mode_ == "exp_range";
    TORCH_CHECK_VALUE(custom_ || is_known, "mode is invalid and scale_fn is None");
    start_scale();
    if (!cycle_momentum_) return;
    momentum_ = Momentum(optimizer_);
    base_momentums_ = options.base_momentum.of(optimizer_);
    max_momentums_ = options.max_momentum.of(optimizer_);
    if (last_epoch == -1) momentum_.start(optimizer_, base_momentums_, max_momentums_);
  }

  void start() override {
    SchedulerImpl::start();
    base_lrs.assign(lowest_.begin(), lowest_.end());
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("max_lrs", highest_);
    visit("total_size", total_);
    visit("step_ratio", ratio_);
    visit("mode", mode_);
    visit("gamma", gamma_);
    visit("scale_mode", scale_mode_);
    visit("cycle_momentum", cycle_momentum_);
    if (cycle_momentum_) {
      momentum_.fields(visit);
      visit("base_momentums", base_momentums_);
      visit("max_momentums", max_momentums_);
    }
    visit.taken("_scale_fn_custom");
    start_scale();
  }

 protected:
  std::vector<Number> next_rates() override {
    const auto epoch = static_cast<double>(last_epoch);
    const double cycle = std::floor(1 + epoch / total_);
    const double x = 1.0 + epoch / total_ - cycle;
    const double factor = x <= ratio_ ? x / ratio_ : (x - 1) / (ratio_ - 1);
    const auto at = scale_mode_ == "cycle" ? static_cast<int64_t>(cycle) : last_epoch;
    std::vector<Number> found;
    for (size_t i = 0; i < base_lrs.size(); ++i) {
      found.push_back(base_lrs[i] + (highest_.at(i) - base_lrs[i]) * factor * scale(at));
    }
    if (!cycle_momentum_) return found;
    for (size_t i = 0; i < max_momentums_.size(); ++i) {
      const double height = (max_momentums_[i] - base_momentums_[i]) * factor;
      momentum_.set(groups()[i], max_momentums_[i] - height * scale(at));
    }
    return found;
  }

 private:
  // The modes have functions of their own, which say what they are functions of.
  void start_scale() {
    if (!custom_) scale_mode_ = mode_ == "exp_range" ? "iterations" : "cycle";
  }
  double scale(int64_t at) const {
    if (custom_) return custom_(at);
    if (mode_ == "triangular") return 1.0;
    if (mode_ == "triangular2") return 1 / std::pow(2.0, static_cast<double>(at - 1));
    return std::pow(gamma_, static_cast<double>(at));
  }

  std::vector<double> lowest_;
  std::vector<double> highest_;
  Factor custom_;
  std::string mode_;
  double gamma_;
  std::string scale_mode_;
  bool cycle_momentum_;
  double total_;
  double ratio_;
  Momentum momentum_;
  std::vector<double> base_momentums_;
  std::vector<double> max_momentums_;
};
class CyclicLR : public SchedulerOf<CyclicLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  CyclicLR(const Optimizer& optimizer, PerGroup base_lr, PerGroup max_lr, int64_t step_size_up = 2000,
           std::optional<int64_t> step_size_down = std::nullopt, std::string mode = "triangular", double gamma = 1.0,
           std::optional<Factor> scale_fn = std::nullopt, std::string scale_mode = "cycle", bool cycle_momentum = true,
           PerGroup base_momentum = 0.8, PerGroup max_momentum = 0.9, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<CyclicLRImpl>(
            optimizer, CyclicLROptions{std::move(base_lr), std::move(max_lr), step_size_up, step_size_down,
                                       std::move(mode), gamma, scale_fn.value_or(nullptr), std::move(scale_mode),
                                       cycle_momentum, std::move(base_momentum), std::move(max_momentum),
                                       last_epoch})) {}
};

struct OneCycleLROptions {
  PerGroup max_lr;
  std::optional<int64_t> total_steps;
  std::optional<int64_t> epochs;
  std::optional<int64_t> steps_per_epoch;
  double pct_start = 0.3;
  std::string anneal_strategy = "cos";
  bool cycle_momentum = true;
  PerGroup base_momentum = 0.85;
  PerGroup max_momentum = 0.95;
  double div_factor = 25.0;
  double final_div_factor = 1e4;
  bool three_phase = false;
  int64_t last_epoch = -1;
};

class OneCycleLRImpl : public SchedulerImpl {
 public:
  OneCycleLRImpl(const Optimizer& optimizer_, const OneCycleLROptions& options)
      : SchedulerImpl(optimizer_, options.last_epoch),
        total_(number_of_steps(options)),
        rise_(options.pct_start),
        three_phase_(options.three_phase),
        cycle_momentum_(options.cycle_momentum) {
    TORCH_CHECK_VALUE(options.pct_start >= 0 && options.pct_start <= 1, "Expected float between 0 and 1 pct_start");
    TORCH_CHECK_VALUE(options.anneal_strategy == "cos" || options.anneal_strategy == "linear",
                      "anneal_strategy must be one of 'cos' or 'linear'");
    along_cosine_ = options.anneal_strategy == "cos";
    set_phases();
    const auto highest = options.max_lr.of(optimizer_);
    if (last_epoch == -1) {
      for (size_t i = 0; i < highest.size(); ++i) {
        groups()[i].initial_lr(highest[i] / options.div_factor).max_lr(highest[i]);
        groups()[i].min_lr(groups()[i].initial_lr() / options.final_div_factor);
      }
    }
    if (!cycle_momentum_) return;
    momentum_ = Momentum(optimizer_);
    const auto highest_momentum = options.max_momentum.of(optimizer_);
    const auto lowest_momentum = options.base_momentum.of(optimizer_);
    if (last_epoch == -1) momentum_.start(optimizer_, lowest_momentum, highest_momentum);
  }

  void fields(Fields& visit) override {
    SchedulerImpl::fields(visit);
    visit("total_steps", total_);
    visit("along_cosine", along_cosine_);
    visit("pct_start", rise_);
    visit("three_phase", three_phase_);
    visit("cycle_momentum", cycle_momentum_);
    if (cycle_momentum_) momentum_.fields(visit);
    set_phases();
  }

 protected:
  std::vector<Number> next_rates() override {
    TORCH_CHECK_VALUE(last_epoch <= total_, "Tried to step ", last_epoch, " times. The specified number of total steps is ",
                      total_);
    std::vector<Number> found;
    for (const auto& group : groups()) found.push_back(next_rate(group));
    return found;
  }

 private:
  using Read = double (*)(const ParamGroup&);
  struct Phase {
    double end;
    Read start_lr, end_lr, start_momentum, end_momentum;
  };

  static int64_t number_of_steps(const OneCycleLROptions& options) {
    if (options.total_steps) {
      TORCH_CHECK_VALUE(*options.total_steps > 0, "Expected positive integer total_steps");
      return *options.total_steps;
    }
    TORCH_CHECK_VALUE(options.epochs && options.steps_per_epoch,
                      "You must define either total_steps OR (epochs AND steps_per_epoch)");
    TORCH_CHECK_VALUE(*options.epochs > 0, "Expected positive integer epochs");
    TORCH_CHECK_VALUE(*options.steps_per_epoch > 0, "Expected positive integer steps_per_epoch");
    return *options.epochs * *options.steps_per_epoch;
  }

  void set_phases() {
    const Read first = [](const ParamGroup& group) { return group.initial_lr(); };
    const Read top = [](const ParamGroup& group) { return group.max_lr(); };
    const Read last = [](const ParamGroup& group) { return group.min_lr(); };
    const Read high = [](const ParamGroup& group) { return group.max_momentum(); };
    const Read low = [](const ParamGroup& group) { return group.base_momentum(); };
    const auto total = static_cast<double>(total_);
    const double rise = rise_ * total - 1;
    if (three_phase_) {
      phases_ = {{rise, first, top, high, low},
                 {2 * rise_ * total - 2, top, first, low, high},
                 {total - 1, first, last, high, high}};
    } else {
      phases_ = {{rise, first, top, high, low}, {total - 1, top, last, low, high}};
    }
  }

  double next_rate(const ParamGroup& group) const {
    const auto epoch = static_cast<double>(last_epoch);
    double start = 0.0;
    size_t i = 0;
    while (epoch > phases_[i].end && i + 1 < phases_.size()) start = phases_[i++].end;
    const Phase& phase = phases_[i];
    TORCH_CHECK(phase.end != start, "ZeroDivisionError: float division by zero");
    const double part = (epoch - start) / (phase.end - start);
    const double rate = between(phase.start_lr(group), phase.end_lr(group), part);
    if (cycle_momentum_) momentum_.set(group, between(phase.start_momentum(group), phase.end_momentum(group), part));
    return rate;
  }

  double between(double start, double end, double part) const {
    if (!along_cosine_) return (end - start) * part + start;
    return end + (start - end) / 2.0 * (std::cos(pi * part) + 1);
  }

  int64_t total_;
  double rise_;
  bool three_phase_;
  bool cycle_momentum_;
  bool along_cosine_;
  std::vector<Phase> phases_;
  Momentum momentum_;
};
class OneCycleLR : public SchedulerOf<OneCycleLRImpl> {
 public:
  using SchedulerOf::SchedulerOf;
  OneCycleLR(const Optimizer& optimizer, PerGroup max_lr, std::optional<int64_t> total_steps = std::nullopt,
             std::optional<int64_t> epochs = std::nullopt, std::optional<int64_t> steps_per_epoch = std::nullopt,
             double pct_start = 0.3, std::string anneal_strategy = "cos", bool cycle_momentum = true,
             PerGroup base_momentum = 0.85, PerGroup max_momentum = 0.95, double div_factor = 25.0,
             double final_div_factor = 1e4, bool three_phase = false, int64_t last_epoch = -1)
      : SchedulerOf(std::make_shared<OneCycleLRImpl>(
            optimizer, OneCycleLROptions{std::move(max_lr), total_steps, epochs, steps_per_epoch, pct_start,
                                         std::move(anneal_strategy), cycle_momentum, std::move(base_momentum),
                                         std::move(max_momentum), div_factor, final_div_factor, three_phase,
                                         last_epoch})) {}
};

}  // namespace py2cpp::lr_scheduler
