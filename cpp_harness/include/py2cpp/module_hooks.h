// Hooks of modules, which LibTorch does not have: they are kept beside the modules, and `hooked` runs a call with them.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function_hook.h>

#include <any>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "py2cpp/hooks.h"
#include "py2cpp/module_tree.h"
#include "py2cpp/modules.h"

namespace py2cpp {

namespace detail {

using Tensors = std::vector<at::Tensor>;

// What a function that is no template takes.
template <class F>
struct Taken : Taken<decltype(&F::operator())> {};
template <class R, class... P>
struct Taken<R (*)(P...)> {
  using Types = std::tuple<std::decay_t<P>...>;
};
template <class F, class R, class... P>
struct Taken<R (F::*)(P...) const> : Taken<R (*)(P...)> {};
template <class F, std::size_t i>
using ParameterOf = std::tuple_element_t<i, typename Taken<F>::Types>;
template <class F>
constexpr std::size_t arity = std::tuple_size_v<typename Taken<F>::Types>;

// Hooks in the order in which they are called: that of registration, but for those that want to come first.
template <class Hook>
class HookList {
 public:
  HookHandle add(Hook hook, bool first) {
    const int64_t key = first ? -++count_ : ++count_;
    hooks_->emplace(key, std::move(hook));
    return HookHandle([hooks = hooks_, key] { hooks->erase(key); });
  }
  // Those of now: a hook may remove itself.
  std::vector<Hook> all() const {
    std::vector<Hook> found;
    for (const auto& [key, hook] : *hooks_) found.push_back(hook);
    return found;
  }

 private:
  std::shared_ptr<std::map<int64_t, Hook>> hooks_ = std::make_shared<std::map<int64_t, Hook>>();
  int64_t count_ = 0;
};

// The hooks of one module. A hook of gradients gives those that it puts in the place of others, or nothing.
struct ModuleHooks {
  using Before = std::function<void(const ModulePointer&, Tensors& inputs)>;
  using After = std::function<void(const ModulePointer&, const Tensors& inputs, std::any& output)>;
  using BeforeBackward = std::function<std::optional<Tensors>(const ModulePointer&, const Tensors& outputs)>;
  using Backward =
      std::function<std::optional<Tensors>(const ModulePointer&, const Tensors& inputs, const Tensors& outputs)>;

  std::weak_ptr<torch::nn::Module> owner;
  HookList<Before> before;
  HookList<After> after;
  HookList<BeforeBackward> before_backward;
  HookList<Backward> backward;
  HookList<Backward> last_operation;  // of `register_backward_hook`
  std::optional<bool> is_full;        // which of the two kinds of hooks of gradients the module has had

  void choose(bool full) {
    TORCH_CHECK(is_full.value_or(full) == full, "Cannot use both regular backward hooks and full backward hooks");
    is_full = full;
  }
};

inline std::unordered_map<const void*, std::shared_ptr<ModuleHooks>>& all_module_hooks() {
  static std::unordered_map<const void*, std::shared_ptr<ModuleHooks>> hooks;
  return hooks;
}

// A Sequential that is a part of another module is a second object for the same module.
inline ModulePointer itself(const ModulePointer& module) {
  const auto part = std::dynamic_pointer_cast<NestedSequentialImpl>(module);
  return part == nullptr || part->original() == nullptr ? module : itself(part->original());
}

inline std::shared_ptr<ModuleHooks> hooks_of(const ModulePointer& module) {
  auto& hooks = all_module_hooks();
  const auto found = hooks.find(itself(module).get());
  if (found == hooks.end()) return nullptr;
  if (!found->second->owner.expired()) return found->second;
  hooks.erase(found);
  return nullptr;
}

inline ModuleHooks& hooks_to_add_to(const ModulePointer& module) {
  auto found = hooks_of(module);
  if (found == nullptr) {
    found = std::make_shared<ModuleHooks>();
    found->owner = itself(module);
    all_module_hooks()[itself(module).get()] = found;
  }
  return *found;
}

// The module as a hook takes it.
template <class M>
M module_as(const ModulePointer& module) {
  if constexpr (std::is_same_v<M, ModulePointer>) return module;
  else return as<M>(module);
}

// What a hook gives in the place of several tensors: nothing, one, or as many.
inline std::optional<Tensors> given_tensors(const at::Tensor& given) {
  return given.defined() ? std::optional<Tensors>(Tensors{given}) : std::nullopt;
}
inline std::optional<Tensors> given_tensors(const Tensors& given) { return given; }
template <class... T>
std::optional<Tensors> given_tensors(const std::tuple<T...>& given) {
  return std::apply([](const auto&... item) { return Tensors{at::Tensor(item)...}; }, given);
}
template <class T>
std::optional<Tensors> given_tensors(const std::optional<T>& given) {
  return given ? given_tensors(*given) : std::nullopt;
}

template <class Hook, class... Arguments>
std::optional<Tensors> tensors_from(const Hook& hook, const Arguments&... arguments) {
  if constexpr (std::is_void_v<decltype(hook(arguments...))>) {
    hook(arguments...);
    return std::nullopt;
  } else {
    return given_tensors(hook(arguments...));
  }
}

template <class T>
void put_result(T& held, const T& given) {
  held = given;
}
inline void put_result(at::Tensor& held, const at::Tensor& given) {
  if (given.defined()) held = given;
}
template <class T>
void put_result(T& held, const std::optional<T>& given) {
  if (given) held = *given;
}

template <class F, std::size_t... i>
decltype(auto) call_with(const F& function, const Tensors& inputs, std::index_sequence<i...>) {
  return function(inputs.at(i)...);
}

// Python's torch.nn.modules._functions.BackwardHookFunction: gradients pass through it.
struct BackwardHookFunction : torch::autograd::Function<BackwardHookFunction> {
  template <class... T>
  static Tensors forward(torch::autograd::AutogradContext* context, const T&... tensor) {
    const Tensors tensors{tensor...};
    Tensors fixed;
    for (const auto& tensor : tensors) {
      if (!tensor.requires_grad()) fixed.push_back(tensor);
    }
    context->mark_non_differentiable(fixed);
    return tensors;
  }
  static Tensors backward(torch::autograd::AutogradContext*, Tensors gradients) { return gradients; }
};

// The function of up to `most` tensors: only single tensors are inputs of a C++ function.
template <std::size_t most>
Tensors passed_through(const Tensors& tensors) {
  if (tensors.size() == most) {
    const auto apply = [](const auto&... tensor) { return BackwardHookFunction::apply(tensor...); };
    return call_with(apply, tensors, std::make_index_sequence<most>());
  }
  if constexpr (most > 1) return passed_through<most - 1>(tensors);
  else return tensors;
}

// Called when a node has computed its gradients, from those that it was given; gives them, or others.
struct GradientHook : torch::autograd::FunctionPostHook {
  using Hook = std::function<Tensors(const Tensors& computed, const Tensors& given)>;
  explicit GradientHook(Hook hook_) : hook(std::move(hook_)) {}
  Tensors operator()(const Tensors& computed, const Tensors& given) override { return hook(computed, given); }
  Hook hook;
};

// Hooks of the gradients of one call of a module, as Python's torch.utils.hooks.BackwardHook sets them up.
class BackwardCall : public std::enable_shared_from_this<BackwardCall> {
 public:
  BackwardCall(ModulePointer module, const ModuleHooks& hooks)
      : module_(std::move(module)), before_(hooks.before_backward.all()), hooks_(hooks.backward.all()) {}

  bool is_needed() const { return !before_.empty() || !hooks_.empty(); }

  template <std::size_t most>
  void set_inputs(Tensors& inputs) {
    count_ = inputs.size();
    has_inputs_ = pass<most>(inputs, [call = shared_from_this()](const Tensors& computed, const Tensors&) {
      return call->inputs_computed(computed);
    });
  }

  void set_output(at::Tensor& output) {
    Tensors outputs{output};
    set_outputs<1>(outputs);
    output = outputs.front();
  }
  template <class... T>
  void set_output(std::tuple<T...>& output) {
    std::apply([this](auto&... item) { set_output_tensors(item...); }, output);
  }

 private:
  template <class... T>
  void set_output_tensors(T&... item) {
    Tensors outputs;
    (add_output(outputs, item), ...);
    set_outputs<sizeof...(T)>(outputs);
    std::size_t next = 0;
    (take_output(outputs, next, item), ...);
  }
  // A part of the output that is no tensor has no gradient.
  template <class T>
  void add_output(Tensors& outputs, const T& item) {
    if constexpr (std::is_base_of_v<at::TensorBase, T>) {
      places_.push_back(size_);
      outputs.push_back(item);
    }
    ++size_;
  }
  template <class T>
  static void take_output(const Tensors& outputs, std::size_t& next, T& item) {
    if constexpr (std::is_base_of_v<at::TensorBase, T>) item = outputs.at(next++);
  }

  template <std::size_t most>
  void set_outputs(Tensors& outputs) {
    if (places_.empty()) {
      places_.push_back(0);
      size_ = 1;
    }
    pass<most>(outputs, [call = shared_from_this()](const Tensors& computed, const Tensors& given) {
      return call->outputs_given(computed, given);
    });
  }

  template <std::size_t most>
  static bool pass(Tensors& tensors, GradientHook::Hook hook) {
    bool needed = false;
    for (const auto& tensor : tensors) needed = needed || tensor.requires_grad();
    if (!needed || !c10::GradMode::is_enabled()) return false;
    tensors = passed_through<most>(tensors);
    for (const auto& tensor : tensors) {
      if (const auto& node = tensor.grad_fn()) {
        node->add_post_hook(std::make_unique<GradientHook>(std::move(hook)));
        break;
      }
    }
    return true;
  }

  Tensors outputs_given(const Tensors&, const Tensors& given) {
    Tensors gradients(size_);
    for (std::size_t i = 0; i < places_.size(); ++i) gradients.at(places_[i]) = given.at(i);
    for (const auto& hook : before_) {
      if (auto others = hook(module_, gradients)) gradients = checked(std::move(*others), gradients.size());
    }
    if (has_inputs_) {
      outputs_ = gradients;
    } else {
      for (const auto& hook : hooks_) {
        if (const auto others = hook(module_, Tensors(count_), gradients)) {
          for (const auto& other : *others) TORCH_CHECK(!other.defined(), "no input of the module requires a gradient");
        }
      }
    }
    Tensors passed;
    for (const std::size_t place : places_) passed.push_back(gradients.at(place));
    return passed;
  }

  Tensors inputs_computed(const Tensors& computed) {
    if (!outputs_) return computed;
    Tensors gradients = computed;
    for (const auto& hook : hooks_) {
      if (auto others = hook(module_, gradients, *outputs_)) gradients = checked(std::move(*others), gradients.size());
    }
    outputs_.reset();
    return gradients;
  }

  static Tensors checked(Tensors given, std::size_t count) {
    TORCH_CHECK(given.size() == count, "a hook of gradients gave ", given.size(), " instead of ", count);
    return given;
  }

  ModulePointer module_;
  std::vector<ModuleHooks::BeforeBackward> before_;
  std::vector<ModuleHooks::Backward> hooks_;
  std::size_t count_ = 0;
  bool has_inputs_ = false;
  std::size_t size_ = 0;
  std::vector<std::size_t> places_;
  std::optional<Tensors> outputs_;
};

template <class Hook>
ModuleHooks::Backward backward_hook(Hook hook) {
  return [hook](const ModulePointer& owner, const Tensors& inputs, const Tensors& outputs) {
    return tensors_from(hook, module_as<ParameterOf<Hook, 0>>(owner), inputs, outputs);
  };
}

inline const at::Tensor& first_tensor(const at::Tensor& result) { return result; }
template <class... T>
const at::Tensor& first_tensor(const std::tuple<T...>& result) {
  return first_tensor(std::get<0>(result));
}

template <class Output>
void hook_last_operation(const ModulePointer& owner, const std::vector<ModuleHooks::Backward>& hooks, const Output& output) {
  const auto& node = first_tensor(output).grad_fn();
  if (node == nullptr) return;
  for (const auto& hook : hooks) {
    node->add_post_hook(std::make_unique<GradientHook>([owner, hook](const Tensors& computed, const Tensors& given) {
      return hook(owner, computed, given).value_or(computed);
    }));
  }
}

// Whether gradients pass through a result: a tensor, or a tuple of known length.
template <class T>
constexpr bool has_gradients = std::is_base_of_v<at::TensorBase, T>;
template <class... T>
constexpr bool has_gradients<std::tuple<T...>> = true;

}  // namespace detail

// m.register_forward_hook(hook): hook(m, inputs, output), which may give another output.
template <class M, class Hook>
HookHandle register_forward_hook(const M& module, Hook hook, bool prepend = false) {
  using Owner = detail::ParameterOf<Hook, 0>;
  using Output = detail::ParameterOf<Hook, 2>;
  return detail::hooks_to_add_to(module_pointer(module)).after.add(
      [hook](const ModulePointer& owner, const detail::Tensors& inputs, std::any& output) {
        auto& held = std::any_cast<Output&>(output);
        if constexpr (std::is_void_v<decltype(hook(detail::module_as<Owner>(owner), inputs, held))>) {
          hook(detail::module_as<Owner>(owner), inputs, held);
        } else {
          detail::put_result(held, hook(detail::module_as<Owner>(owner), inputs, held));
        }
      },
      prepend);
}
// m.register_forward_pre_hook(hook): hook(m, inputs), which may give other inputs.
template <class M, class Hook>
HookHandle register_forward_pre_hook(const M& module, Hook hook, bool prepend = false) {
  using Owner = detail::ParameterOf<Hook, 0>;
  return detail::hooks_to_add_to(module_pointer(module)).before.add(
      [hook](const ModulePointer& owner, detail::Tensors& inputs) {
        if (auto given = detail::tensors_from(hook, detail::module_as<Owner>(owner), inputs)) inputs = std::move(*given);
      },
      prepend);
}
// m.register_full_backward_hook(hook): hook(m, gradients of the inputs, gradients of the outputs).
template <class M, class Hook>
HookHandle register_full_backward_hook(const M& module, Hook hook, bool prepend = false) {
  auto& hooks = detail::hooks_to_add_to(module_pointer(module));
  hooks.choose(true);
  return hooks.backward.add(detail::backward_hook(std::move(hook)), prepend);
}
// m.register_backward_hook(hook): hook(m, gradients of the inputs of the last operation, gradients of its outputs).
template <class M, class Hook>
HookHandle register_backward_hook(const M& module, Hook hook) {
  auto& hooks = detail::hooks_to_add_to(module_pointer(module));
  hooks.choose(false);
  return hooks.last_operation.add(detail::backward_hook(std::move(hook)), false);
}
// m.register_full_backward_pre_hook(hook): hook(m, gradients of the outputs).
template <class M, class Hook>
HookHandle register_full_backward_pre_hook(const M& module, Hook hook, bool prepend = false) {
  using Owner = detail::ParameterOf<Hook, 0>;
  return detail::hooks_to_add_to(module_pointer(module)).before_backward.add(
      [hook](const ModulePointer& owner, const detail::Tensors& outputs) {
        return detail::tensors_from(hook, detail::module_as<Owner>(owner), outputs);
      },
      prepend);
}

// A call of a module: `forward` of the inputs. Hooks do not see those that were given by keyword, the last ones.
template <class M, class Forward>
auto hooked(const M& module, const Forward& forward, detail::Tensors inputs, std::size_t by_keyword = 0) {
  const auto every = std::make_index_sequence<detail::arity<Forward>>();
  const auto hooks = detail::hooks_of(module_pointer(module));
  if (hooks == nullptr) return detail::call_with(forward, inputs, every);
  const auto owner = hooks->owner.lock();
  const auto first_keyword = inputs.end() - static_cast<std::ptrdiff_t>(by_keyword);
  detail::Tensors given(inputs.begin(), first_keyword);
  const detail::Tensors rest(first_keyword, inputs.end());
  const auto call = std::make_shared<detail::BackwardCall>(owner, *hooks);
  [[maybe_unused]] const auto last_operation = hooks->last_operation.all();
  for (const auto& hook : hooks->before.all()) hook(owner, given);
  TORCH_CHECK(given.size() + rest.size() == inputs.size(), "a hook gave another number of inputs");
  if (call->is_needed()) call->template set_inputs<detail::arity<Forward>>(given);
  inputs = given;
  inputs.insert(inputs.end(), rest.begin(), rest.end());
  using Output = std::decay_t<decltype(detail::call_with(forward, inputs, every))>;
  std::any output = Output(detail::call_with(forward, inputs, every));
  for (const auto& hook : hooks->after.all()) hook(owner, given, output);
  Output result = std::any_cast<Output>(std::move(output));
  if constexpr (detail::has_gradients<Output>) {
    if (call->is_needed()) call->set_output(result);
    detail::hook_last_operation(owner, last_operation, result);
  }
  return result;
}

// A call of a module whose class is not known, or of modules one after the other.
inline at::Tensor hooked(const torch::nn::AnyModule& module, const at::Tensor& input);

namespace detail {
inline at::Tensor one_after_the_other(torch::nn::SequentialImpl& modules, at::Tensor input) {
  for (const auto& module : modules) input = hooked(module, input);
  return input;
}
inline at::Tensor forward_any(torch::nn::AnyModule module, const at::Tensor& input) {
  const auto modules = std::dynamic_pointer_cast<torch::nn::SequentialImpl>(module.ptr());
  return modules == nullptr ? module.forward(input) : one_after_the_other(*modules, input);
}
}  // namespace detail

inline at::Tensor hooked(const torch::nn::AnyModule& module, const at::Tensor& input) {
  return hooked(module.ptr(), [&module](at::Tensor x) { return detail::forward_any(module, x); }, {input});
}
inline at::Tensor hooked(const torch::nn::Sequential& modules, const at::Tensor& input) {
  const auto forward = [&modules](at::Tensor x) { return detail::one_after_the_other(*modules.ptr(), x); };
  return hooked(modules.ptr(), forward, {input});
}

}  // namespace py2cpp
