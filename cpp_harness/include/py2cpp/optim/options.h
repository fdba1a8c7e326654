// The options of optimizers, and groups of parameters with options of their own: what Python keeps in dicts.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/files.h"
#include "py2cpp/optim/number.h"

namespace py2cpp::optim {

using Pair = std::tuple<double, double>;
using Triple = std::tuple<double, double, double>;
using AdafactorEps = std::tuple<std::optional<double>, double>;

// Every option that some optimizer or scheduler has, in the form X(type, name).
#define PY2CPP_OPTIM_OPTIONS(X)                                                                                     \
  X(Number, lr) X(Number, initial_lr) X(double, max_lr) X(double, min_lr)                                           \
  X(double, momentum) X(double, max_momentum) X(double, base_momentum) X(double, dampening)                         \
  X(double, weight_decay) X(double, eps) X(double, alpha) X(double, rho) X(double, lr_decay)                        \
  X(double, initial_accumulator_value) X(double, momentum_decay) X(double, lambd) X(double, t0)                     \
  X(double, beta2_decay) X(double, d) X(double, tolerance_grad) X(double, tolerance_change)                         \
  X(bool, nesterov) X(bool, amsgrad) X(bool, maximize) X(bool, centered) X(bool, decoupled_weight_decay)            \
  X(bool, foreach) X(bool, fused) X(int64_t, max_iter) X(int64_t, max_eval) X(int64_t, history_size)                \
  X(int64_t, ns_steps) X(Pair, betas) X(Pair, etas) X(Pair, step_sizes) X(Triple, ns_coefficients)                  \
  X(AdafactorEps, adafactor_eps) X(std::string, line_search_fn) X(std::string, adjust_lr_fn)

struct Values {
#define PY2CPP_FIELD(type, name) std::optional<type> name;
  PY2CPP_OPTIM_OPTIONS(PY2CPP_FIELD)
#undef PY2CPP_FIELD

  // What only optimizers of the program's own classes have.
  std::map<std::string, c10::IValue> more;

  // The same, with learning rates of its own.
  Values copy() const {
    Values made = *this;
    if (lr) made.lr = copied(*lr);
    if (initial_lr) made.initial_lr = copied(*initial_lr);
    return made;
  }

  // Takes from `defaults` what is not set.
  void fill(const Values& defaults) {
    more.insert(defaults.more.begin(), defaults.more.end());
#define PY2CPP_FILL(type, name) \
  if (!name) name = defaults.name;
    PY2CPP_OPTIM_OPTIONS(PY2CPP_FILL)
#undef PY2CPP_FILL
  }

  // Calls `visit` with the name of each option and its place.
  template <class Visit>
  void each(const Visit& visit) {
#define PY2CPP_VISIT(type, name) visit(#name, name);
    PY2CPP_OPTIM_OPTIONS(PY2CPP_VISIT)
#undef PY2CPP_VISIT
  }
};

// What reading an option gives: a learning rate is read as the number that it mostly is.
template <class T>
const T& read_option(const T& value) {
  return value;
}
inline double read_option(const Number& rate) { return rate.plain(); }

// A set of options that is shared by its copies, as a Python dict is. `lr()` reads, `lr(0.1)` sets.
template <class Self>
class Settings {
 public:
#define PY2CPP_OPTION(type, name)                                         \
  decltype(auto) name() const {                                           \
    TORCH_CHECK(values_->name.has_value(), "KeyError: '", #name, "'");    \
    return read_option(*values_->name);                                   \
  }                                                                       \
  const Self& name(type value) const {                                    \
    values_->name = std::move(value);                                     \
    return static_cast<const Self&>(*this);                               \
  }
  PY2CPP_OPTIM_OPTIONS(PY2CPP_OPTION)
#undef PY2CPP_OPTION

  // The learning rate where it may be a tensor: as optimizers compute with it, and as the program has it.
  Number rate() const { return squeezed(held_rate()); }
  const Number& held_rate() const {
    TORCH_CHECK(values_->lr.has_value(), "KeyError: 'lr'");
    return *values_->lr;
  }
  const at::Tensor& lr_tensor() const { return held_rate().tensor(); }

  // Adafactor's eps is a pair.
  const Self& eps(AdafactorEps value) const { return adafactor_eps(std::move(value)); }

  Values& values() const { return *values_; }

  // The options of optimizers of the program's own classes, by name: set("rho", 0.05), get<double>("rho").
  template <class T>
  const Self& set(const std::string& name, const T& value) const {
    bool is_known = false;
    values_->each([&](const char* known, auto& place) {
      using Held = typename std::decay_t<decltype(place)>::value_type;
      if constexpr (std::is_convertible_v<const T&, Held>) {
        if (name != known) return;
        place = static_cast<Held>(value);
        is_known = true;
      }
    });
    if (!is_known) values_->more[name] = py2cpp::detail::Saved<T>::write(value);
    return static_cast<const Self&>(*this);
  }
  template <class T>
  T get(const std::string& name) const {
    std::optional<T> found;
    values_->each([&](const char* known, auto& place) {
      using Held = std::decay_t<decltype(read_option(*place))>;
      if constexpr (std::is_convertible_v<const Held&, T>) {
        if (name != known || !place) return;
        const Held held = read_option(*place);
        found = static_cast<T>(held);
        if constexpr (std::is_integral_v<T> && std::is_floating_point_v<Held>) {
          TORCH_CHECK(static_cast<Held>(*found) == held, "this option is no int: ", name);
        }
      }
    });
    if (found) return *found;
    const auto held = values_->more.find(name);
    require<KeyError>(held != values_->more.end(), name.c_str());
    return py2cpp::detail::Saved<T>::read(held->second);
  }
  bool contains(const std::string& name) const {
    bool is_set = values_->more.count(name) > 0;
    values_->each([&](const char* known, auto& place) { is_set = is_set || (name == known && place.has_value()); });
    return is_set;
  }

 private:
  std::shared_ptr<Values> values_ = std::make_shared<Values>();
};

class Options : public Settings<Options> {
 public:
  // defaults.update(others): what the others have takes the place of what is here.
  void update(const Options& others) const {
    Values held = others.values();
    held.fill(values());
    values() = std::move(held);
  }
};

class ParamGroup : public Settings<ParamGroup> {
 public:
  explicit ParamGroup(std::vector<at::Tensor> params)
      : params_(std::make_shared<std::vector<at::Tensor>>(std::move(params))) {}
  std::vector<at::Tensor>& params() const { return *params_; }

 private:
  std::shared_ptr<std::vector<at::Tensor>> params_;
};

#undef PY2CPP_OPTIM_OPTIONS

}  // namespace py2cpp::optim
