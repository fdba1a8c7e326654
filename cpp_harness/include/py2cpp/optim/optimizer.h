// What all optimizers share. An Optimizer is a handle: its copies are the same optimizer, as in Python.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "py2cpp/optim/options.h"

namespace py2cpp::optim {

// What an optimizer remembers of one parameter, under Python's names. The number of steps is a tensor in Python, which
// a state that was made from another one has in common with it.
struct State {
  explicit State(std::shared_ptr<double> steps = std::make_shared<double>(0)) : steps(std::move(steps)) {}

  std::shared_ptr<double> steps;
  double& step = *steps;
  std::map<std::string, at::Tensor> tensors;
  // What optimizers of the program's own classes keep besides tensors.
  std::map<std::string, c10::IValue> values;

  bool has(const std::string& name) const { return tensors.count(name) > 0; }
  at::Tensor& operator[](const std::string& name) { return tensors[name]; }
};

// optimizer.state[param]: a dict whose keys and types the program knows. Copies are the same dict.
class ParamState {
 public:
  ParamState() = default;
  ParamState(std::nullptr_t) {}
  ParamState(std::nullopt_t) {}
  explicit ParamState(std::shared_ptr<State> held) : held_(std::move(held)) {}

  template <class T>
  void set(const std::string& name, const T& value) const {
    if constexpr (std::is_same_v<T, at::Tensor>) {
      held_->tensors[name] = value;
    } else {
      held_->values[name] = py2cpp::detail::Saved<T>::write(value);
    }
  }
  template <class T>
  T get(const std::string& name) const {
    require<KeyError>(contains(name), name.c_str());
    if constexpr (std::is_same_v<T, at::Tensor>) {
      return held_->tensors.at(name);
    } else {
      return py2cpp::detail::Saved<T>::read(held_->values.at(name));
    }
  }
  bool contains(const std::string& name) const { return held_->has(name) || held_->values.count(name) > 0; }
  int64_t size() const { return static_cast<int64_t>(held_->tensors.size() + held_->values.size()); }

  bool operator==(std::nullptr_t) const { return held_ == nullptr; }
  bool operator!=(std::nullptr_t) const { return held_ != nullptr; }

 private:
  std::shared_ptr<State> held_;
};

// optimizer.state_dict(): the states by the numbers of their parameters, which are those of the optimizer itself, and the
// options of the groups as they are now.
struct StateDict {
  struct Group {
    Values values;
    std::vector<int64_t> params;
  };

  StateDict() = default;
  StateDict(std::nullptr_t) {}
  StateDict(std::nullopt_t) {}
  bool operator==(std::nullptr_t) const { return groups.empty(); }
  bool operator!=(std::nullptr_t) const { return !groups.empty(); }

  std::map<int64_t, std::shared_ptr<State>> states;
  std::vector<Group> groups;
};

// copy.deepcopy of a state_dict: it does not change with the optimizer.
inline StateDict deep_copy(const StateDict& given) {
  StateDict made;
  for (const auto& [number, state] : given.states) {
    auto copy = std::make_shared<State>(std::make_shared<double>(state->step));
    for (const auto& [name, tensor] : state->tensors) copy->tensors[name] = tensor.detach().clone();
    for (const auto& [name, value] : state->values) copy->values.emplace(name, value.deepcopy());
    made.states.emplace(number, std::move(copy));
  }
  for (const auto& group : given.groups) made.groups.push_back({group.values.copy(), group.params});
  return made;
}

inline at::Tensor zeros_of(const at::Tensor& tensor) { return at::zeros_like(tensor, at::MemoryFormat::Preserve); }

// The number of steps as Python keeps it: a tensor that is of the default dtype where that is double.
inline at::Tensor step_tensor(const State& state) {
  const bool is_double = at::get_default_dtype_as_scalartype() == at::kDouble;
  return at::scalar_tensor(state.step, is_double ? at::kDouble : at::kFloat);
}

// Complex tensors as real ones, which most optimizers work on.
inline at::Tensor as_real(const at::Tensor& tensor) { return tensor.is_complex() ? at::view_as_real(tensor) : tensor; }

inline void check_one_element(const Number& rate) {
  TORCH_CHECK_VALUE(!rate.is_tensor() || rate.tensor().numel() == 1, "Tensor lr must be 1-element");
}
inline void check_not_negative(double value, const char* what) {
  TORCH_CHECK_VALUE(value >= 0.0, "Invalid ", what, ": ", value);
}
inline void check_not_negative(const Number& rate, const char* what) {
  check_one_element(rate);
  TORCH_CHECK_VALUE(rate >= 0.0, "Invalid ", what);
}
inline void check_betas(const Pair& betas) {
  TORCH_CHECK_VALUE(std::get<0>(betas) >= 0.0 && std::get<0>(betas) < 1.0, "Invalid beta parameter at index 0");
  TORCH_CHECK_VALUE(std::get<1>(betas) >= 0.0 && std::get<1>(betas) < 1.0, "Invalid beta parameter at index 1");
}

// `fused=True` takes the kernels that do a whole step, `foreach=True` operations on all parameters at once: Python's
// loops over them are the same on a CPU, but some optimizers write other formulas there.
inline void check_flags(const Options& options) {
  TORCH_CHECK(!options.values().fused.value_or(false) || !options.values().foreach.value_or(false),
              "`fused` and `foreach` cannot be `True` together.");
}
inline void check_fused(const at::Tensor& param) {
  TORCH_CHECK(param.is_floating_point(), "`fused=True` requires all the params to be floating point Tensors");
}

class OptimizerImpl {
 public:
  OptimizerImpl(std::vector<ParamGroup> groups, Options options) : defaults(std::move(options)) {
    TORCH_CHECK_VALUE(!groups.empty(), "optimizer got an empty parameter list");
    for (const auto& group : groups) add_param_group(group);
  }
  virtual ~OptimizerImpl() = default;

  virtual void add_param_group(const ParamGroup& group) {
    group.values().fill(defaults.values());
    for (const auto& param : group.params()) {
      TORCH_CHECK_VALUE(param.is_leaf() || param.retains_grad(), "can't optimize a non-leaf Tensor");
      for (const auto& other : groups) {
        for (const auto& known : other.params()) {
          TORCH_CHECK_VALUE(!known.is_same(param), "some parameters appear in more than one parameter group");
        }
      }
    }
    groups.push_back(group);
  }

  // One step. `loss` evaluates the closure, if there is one; optimizers that need its value call it.
  virtual void step(const std::function<double()>& loss) {
    if (loss) loss();
    c10::AutoGradMode no_grad(false);
    for (const auto& group : groups) update_group(group);
  }

  void zero_grad(bool set_to_none) {
    for (const auto& group : groups) {
      for (const auto& param : group.params()) {
        at::Tensor& gradient = param.mutable_grad();
        if (!gradient.defined()) continue;
        if (set_to_none) {
          gradient.reset();
        } else {
          if (gradient.grad_fn()) {
            gradient.detach_();
          } else {
            gradient.requires_grad_(false);
          }
          gradient.zero_();
        }
      }
    }
  }

  StateDict state_dict() const {
    StateDict made;
    int64_t number = 0;
    for (const auto& group : groups) {
      made.groups.push_back({group.values(), {}});
      for (const auto& param : group.params()) {
        const auto found = states_.find(param.unsafeGetTensorImpl());
        if (found != states_.end()) made.states.emplace(number, found->second);
        made.groups.back().params.push_back(number++);
      }
    }
    return made;
  }

  // The groups are others from here on, with the same parameters.
  void load_state_dict(const StateDict& given) {
    TORCH_CHECK_VALUE(given.groups.size() == groups.size(), "loaded state dict has a different number of parameter groups");
    std::unordered_map<at::TensorImpl*, std::shared_ptr<State>> states;
    std::vector<ParamGroup> made;
    for (size_t i = 0; i < groups.size(); ++i) {
      const auto& params = groups[i].params();
      TORCH_CHECK_VALUE(given.groups[i].params.size() == params.size(),
                        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group");
      for (size_t j = 0; j < params.size(); ++j) {
        const auto found = given.states.find(given.groups[i].params[j]);
        if (found != given.states.end()) states[params[j].unsafeGetTensorImpl()] = loaded(*found->second, params[j]);
      }
      made.emplace_back(params);
      made.back().values() = given.groups[i].values.copy();
    }
    states_ = std::move(states);
    groups = std::move(made);
  }

  std::shared_ptr<State> state_of(const at::Tensor& param) {
    auto& held = states_[param.unsafeGetTensorImpl()];
    if (held == nullptr) held = std::make_shared<State>();
    return held;
  }
  bool has_state(const at::Tensor& param) const { return states_.count(param.unsafeGetTensorImpl()) > 0; }

  std::vector<ParamGroup> groups;
  Options defaults;

 protected:
  virtual void update_group(const ParamGroup& group) {
    for (at::Tensor param : group.params()) {
      if (param.grad().defined()) update(group, param, param.grad(), state(param));
    }
  }
  virtual void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) = 0;

  State& state(const at::Tensor& param) { return *state_of(param); }

 private:
  static std::shared_ptr<State> loaded(const State& given, const at::Tensor& param) {
    auto made = std::make_shared<State>(given.steps);
    for (const auto& [name, tensor] : given.tensors) {
      made->tensors[name] = param.is_floating_point() ? tensor.to(param.scalar_type()) : tensor;
    }
    made->values = given.values;
    return made;
  }

  std::unordered_map<at::TensorImpl*, std::shared_ptr<State>> states_;
};

inline double loss_value(const at::Tensor& loss) { return loss.item<double>(); }
inline double loss_value(double loss) { return loss; }

class Optimizer {
 public:
  Optimizer() = default;
  Optimizer(std::nullptr_t) {}
  Optimizer(std::nullopt_t) {}

  void zero_grad(bool set_to_none = true) const { impl().zero_grad(set_to_none); }
  void step() const { impl().step(nullptr); }

  // A step that evaluates the loss with `closure`; gives the loss of the first evaluation.
  template <class Closure>
  auto step(const Closure& closure) const {
    using Loss = decltype(closure());
    if constexpr (std::is_void_v<Loss>) {
      impl().step([&closure] {
        c10::AutoGradMode enable_grad(true);
        closure();
        return 0.0;
      });
    } else {
      std::optional<Loss> first;
      impl().step([&closure, &first] {
        c10::AutoGradMode enable_grad(true);
        Loss loss = closure();
        if (!first) first = loss;
        return loss_value(loss);
      });
      return *first;
    }
  }

  const std::vector<ParamGroup>& param_groups() const { return impl().groups; }
  void set_param_groups(std::vector<ParamGroup> groups) const { impl().groups = std::move(groups); }
  ParamState state(const at::Tensor& param) const { return ParamState(impl().state_of(param)); }
  bool has_state(const at::Tensor& param) const { return impl().has_state(param); }
  void add_param_group(const ParamGroup& group) const { impl().add_param_group(group); }
  const Options& defaults() const { return impl().defaults; }
  StateDict state_dict() const { return impl().state_dict(); }
  void load_state_dict(const StateDict& state) const { impl().load_state_dict(state); }

  bool operator==(std::nullptr_t) const { return impl_ == nullptr; }
  bool operator!=(std::nullptr_t) const { return impl_ != nullptr; }
  bool is_same(const Optimizer& other) const { return impl_ == other.impl_; }

 protected:
  explicit Optimizer(std::shared_ptr<OptimizerImpl> impl) : impl_(std::move(impl)) {}

 private:
  OptimizerImpl& impl() const {
    TORCH_CHECK(impl_ != nullptr, "this optimizer is None");
    return *impl_;
  }

  std::shared_ptr<OptimizerImpl> impl_;
};

// The handle of an optimizer whose implementation is `Impl`.
template <class Impl>
class OptimizerOf : public Optimizer {
 public:
  OptimizerOf() = default;
  OptimizerOf(std::nullptr_t) {}
  OptimizerOf(std::nullopt_t) {}
  OptimizerOf(std::vector<at::Tensor> params, Options options)
      : Optimizer(std::make_shared<Impl>(one_group(std::move(params)), std::move(options))) {}
  OptimizerOf(std::vector<ParamGroup> groups, Options options)
      : Optimizer(std::make_shared<Impl>(std::move(groups), std::move(options))) {}

 private:
  static std::vector<ParamGroup> one_group(std::vector<at::Tensor> params) {
    TORCH_CHECK_VALUE(!params.empty(), "optimizer got an empty parameter list");
    return {ParamGroup(std::move(params))};
  }
};

// What an optimizer of a class of the program has besides its step: groups, states and defaults.
class HeldImpl : public OptimizerImpl {
 public:
  using OptimizerImpl::OptimizerImpl;
  void step(const std::function<double()>&) override { TORCH_CHECK_NOT_IMPLEMENTED(false, "the class has the step"); }

 protected:
  void update(const ParamGroup&, at::Tensor, at::Tensor, State&) override {}
};
using Held = OptimizerOf<HeldImpl>;

}  // namespace py2cpp::optim
