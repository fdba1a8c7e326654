// What all learning rate schedulers share. An LRScheduler is a handle: its copies are the same scheduler.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "py2cpp/files.h"
#include "py2cpp/optim/optimizer.h"

namespace py2cpp::lr_scheduler {

using optim::Number;
using optim::Optimizer;
using optim::ParamGroup;

// scheduler.state_dict(): what the scheduler knows, under Python's names. Copies are the same dict.
class StateDict {
 public:
  using Items = c10::impl::GenericDict;

  StateDict() : items_(c10::StringType::get(), c10::AnyType::get()) {}
  StateDict(std::nullptr_t) : StateDict() {}
  StateDict(std::nullopt_t) : StateDict() {}
  explicit StateDict(Items items) : items_(std::move(items)) {}
  bool operator==(std::nullptr_t) const { return items_.empty(); }
  bool operator!=(std::nullptr_t) const { return !items_.empty(); }
  const Items& items() const { return items_; }

 private:
  Items items_;
};

}  // namespace py2cpp::lr_scheduler

namespace py2cpp::detail {

template <>
struct Saved<lr_scheduler::StateDict> {
  static c10::IValue write(const lr_scheduler::StateDict& state) { return state.items(); }
  static lr_scheduler::StateDict read(const c10::IValue& saved) {
    require<OtherError>(saved.isGenericDict(), "the file holds a value of another type");
    return lr_scheduler::StateDict(saved.toGenericDict());
  }
};

}  // namespace py2cpp::detail

namespace py2cpp::lr_scheduler {

class LRScheduler;

// Visits what a scheduler knows: writes it into a dict, or reads it from there. Keys that the dict lacks stay.
class Fields {
 public:
  Fields(StateDict::Items items, bool is_reading) : items_(std::move(items)), is_reading_(is_reading) {}

  template <class T>
  void operator()(const char* name, T& value) {
    if (!is_reading_) {
      items_.insert(name, py2cpp::detail::Saved<T>::write(value));
    } else if (items_.contains(name)) {
      value = py2cpp::detail::Saved<T>::read(items_.at(name));
    }
  }
  // What Python takes out of the dict when it reads it.
  void taken(const char* name) {
    if (!is_reading_) {
      items_.insert(name, c10::IValue());
    } else {
      require<KeyError>(items_.erase(name) > 0, name);
    }
  }
  // The schedulers that another one is made of.
  inline void parts(const std::vector<LRScheduler>& parts);

 private:
  StateDict::Items items_;
  bool is_reading_;
};

class SchedulerImpl {
 public:
  SchedulerImpl(Optimizer optimizer_, int64_t last_epoch_)
      : optimizer(std::move(optimizer_)), last_epoch(last_epoch_) {}
  virtual ~SchedulerImpl() = default;

  // What the constructor does once the scheduler is made.
  virtual void start() {
    for (const auto& group : groups()) {
      if (last_epoch == -1) {
        if (!group.values().initial_lr) group.initial_lr(copied(group.held_rate()));
      } else {
        TORCH_CHECK(group.values().initial_lr, "KeyError: param 'initial_lr' is not specified in param_groups");
      }
      base_lrs.push_back(copied(*group.values().initial_lr));
    }
    initial_step();
  }

  void initial_step() {
    step_count = 0;
    is_initial = true;
    step();
    is_initial = false;
  }

  virtual void step() {
    ++step_count;
    ++last_epoch;
    set_rates(next_rates());
  }

  virtual void step(double) { TORCH_CHECK(false, "TypeError: this scheduler takes no metrics"); }

  // Goes to an epoch, by the closed form where there is one.
  virtual void go_to(int64_t epoch) {
    last_epoch = epoch;
    auto rates = closed_form();
    set_rates(rates ? std::move(*rates) : next_rates());
  }

  // What scheduler.state_dict() has: all but the optimizer and functions.
  virtual void fields(Fields& visit) {
    visit("last_epoch", last_epoch);
    visit("_step_count", step_count);
    visit("_is_initial", is_initial);
    visit("base_lrs", base_lrs);
    visit("_last_lr", last_lr);
  }

  virtual void undo_step() { --last_epoch; }
  virtual bool takes_metrics() const { return false; }

  Optimizer optimizer;
  int64_t last_epoch;
  int64_t step_count = 0;
  bool is_initial = false;
  std::vector<Number> base_lrs;
  std::vector<Number> last_lr;

 protected:
  // The rates after `last_epoch` was advanced, from those before.
  virtual std::vector<Number> next_rates() = 0;
  virtual std::optional<std::vector<Number>> closed_form() const { return std::nullopt; }

  const std::vector<ParamGroup>& groups() const { return optimizer.param_groups(); }

  std::vector<Number> rates() const {
    std::vector<Number> found;
    for (const auto& group : groups()) found.push_back(copied(group.held_rate()));
    return found;
  }
  template <class F>
  std::vector<Number> rates(F next) const {
    std::vector<Number> found;
    for (const auto& group : groups()) found.push_back(next(group.held_rate()));
    return found;
  }
  template <class F>
  std::vector<Number> from_base(F next) const {
    std::vector<Number> found;
    for (const Number& base : base_lrs) found.push_back(next(base));
    return found;
  }

  // A tensor stays the one that the program may know, with another value.
  static void set_rate(const ParamGroup& group, const Number& value) {
    if (group.held_rate().is_tensor()) {
      fill(group.lr_tensor(), squeezed(value));
    } else {
      group.lr(value);
    }
  }
  void set_rates(const std::vector<Number>& values) {
    TORCH_CHECK_VALUE(values.size() == groups().size(), "the number of parameter groups has changed");
    for (size_t i = 0; i < values.size(); ++i) set_rate(groups()[i], values[i]);
    last_lr = rates();
  }
};

class LRScheduler {
 public:
  LRScheduler() = default;
  LRScheduler(std::nullptr_t) {}
  LRScheduler(std::nullopt_t) {}

  void step() const { impl().step(); }
  void step(double metrics) const { impl().step(metrics); }
  void step(const at::Tensor& metrics) const { impl().step(metrics.item<double>()); }
  std::vector<double> get_last_lr() const { return plain(impl().last_lr); }
  std::vector<double> base_lrs() const { return plain(impl().base_lrs); }
  void set_base_lrs(const std::vector<double>& rates) const {
    assume(rates.size() == impl().base_lrs.size(), "a scheduler with another number of learning rates than groups");
    impl().base_lrs.assign(rates.begin(), rates.end());
  }
  // The same where the learning rates are tensors.
  std::vector<at::Tensor> last_lr_tensors() const { return tensors(impl().last_lr); }
  std::vector<at::Tensor> base_lr_tensors() const { return tensors(impl().base_lrs); }
  int64_t last_epoch() const { return impl().last_epoch; }
  Optimizer optimizer() const { return impl().optimizer; }

  StateDict state_dict() const {
    const StateDict made;
    Fields written(made.items(), /*is_reading=*/false);
    impl().fields(written);
    return made;
  }
  void load_state_dict(const StateDict& state) const {
    Fields read(state.items(), /*is_reading=*/true);
    impl().fields(read);
  }

  bool operator==(std::nullptr_t) const { return impl_ == nullptr; }
  bool operator!=(std::nullptr_t) const { return impl_ != nullptr; }

  SchedulerImpl& impl() const {
    TORCH_CHECK(impl_ != nullptr, "this scheduler is None");
    return *impl_;
  }

 protected:
  explicit LRScheduler(std::shared_ptr<SchedulerImpl> impl) : impl_(std::move(impl)) { impl_->start(); }

 private:
  static std::vector<double> plain(const std::vector<Number>& rates) {
    std::vector<double> made;
    for (const Number& rate : rates) made.push_back(rate.plain());
    return made;
  }
  static std::vector<at::Tensor> tensors(const std::vector<Number>& rates) {
    std::vector<at::Tensor> made;
    for (const Number& rate : rates) made.push_back(rate.tensor());
    return made;
  }

  std::shared_ptr<SchedulerImpl> impl_;
};

inline void Fields::parts(const std::vector<LRScheduler>& parts) {
  std::vector<StateDict> states(parts.size());
  if (!is_reading_) {
    for (size_t i = 0; i < parts.size(); ++i) states[i] = parts[i].state_dict();
  }
  (*this)("_schedulers", states);
  for (size_t i = 0; is_reading_ && i < states.size(); ++i) parts.at(i).load_state_dict(states[i]);
}

// The handle of a scheduler whose implementation is `Impl`.
template <class Impl>
class SchedulerOf : public LRScheduler {
 public:
  SchedulerOf() = default;
  SchedulerOf(std::nullptr_t) {}
  SchedulerOf(std::nullopt_t) {}

 protected:
  explicit SchedulerOf(std::shared_ptr<Impl> impl) : LRScheduler(std::move(impl)) {}
};

// One value for each parameter group: written once for all, or as a list.
class PerGroup {
 public:
  PerGroup(double value) : one_(value) {}
  PerGroup(std::vector<double> values) : values_(std::move(values)) {}
  PerGroup(std::initializer_list<double> values) : values_(values) {}
  std::vector<double> of(const Optimizer& optimizer) const {
    const size_t count = optimizer.param_groups().size();
    if (one_) return std::vector<double>(count, *one_);
    TORCH_CHECK_VALUE(values_.size() == count, "expected as many values as there are parameter groups");
    return values_;
  }

 private:
  std::optional<double> one_;
  std::vector<double> values_;
};

// Where the epochs of a sorted list of milestones put an epoch.
inline size_t position_among(const std::vector<int64_t>& milestones, int64_t epoch) {
  return static_cast<size_t>(std::upper_bound(milestones.begin(), milestones.end(), epoch) - milestones.begin());
}

}  // namespace py2cpp::lr_scheduler
