// The tree of modules as Python walks it: each module once, own parts before those of its children, by name.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/any.h>
#include <torch/ordered_dict.h>

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_set>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/shown.h"

namespace py2cpp {

using ModulePointer = std::shared_ptr<torch::nn::Module>;

// A module however the program holds it. `self` in a constructor is no shared object yet: its pointer owns nothing.
template <class T>
ModulePointer module_pointer(const torch::nn::ModuleHolder<T>& module) {
  return module.ptr();
}
inline ModulePointer module_pointer(const torch::nn::AnyModule& module) { return module.ptr(); }
inline ModulePointer module_pointer(const ModulePointer& module) { return module; }
inline ModulePointer module_pointer(torch::nn::Module* module) { return {std::shared_ptr<void>(), module}; }

// a is b
template <class A, class B>
bool same_module(const A& a, const B& b) {
  return module_pointer(a) == module_pointer(b);
}

namespace detail {
using Seen = std::unordered_set<const void*>;
inline std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

inline void walk(const std::string& prefix, const ModulePointer& module, Seen& seen,
                 std::vector<std::tuple<std::string, ModulePointer>>& found) {
  if (!seen.insert(module.get()).second) return;
  found.emplace_back(prefix, module);
  for (const auto& child : module->named_children()) walk(joined(prefix, child.key()), child.value(), seen, found);
}

// Python's Module.apply does not remember what it has seen below different parents.
inline void apply_order(const ModulePointer& module, std::vector<ModulePointer>& found) {
  Seen seen;
  for (const auto& child : module->children()) {
    if (seen.insert(child.get()).second) apply_order(child, found);
  }
  found.push_back(module);
}

template <class List>
auto values(const List& pairs) {
  std::vector<std::decay_t<decltype(std::get<1>(pairs.front()))>> found;
  for (const auto& pair : pairs) found.push_back(std::get<1>(pair));
  return found;
}

// The tensors that `own` finds in each module, each once, under their full names.
template <class Own>
std::vector<std::tuple<std::string, at::Tensor>> tensors(const ModulePointer& module, const std::string& prefix,
                                                         bool recurse, const Own& own) {
  Seen seen, modules;
  std::vector<std::tuple<std::string, ModulePointer>> places;
  if (recurse) walk(prefix, module, modules, places);
  else places.emplace_back(prefix, module);
  std::vector<std::tuple<std::string, at::Tensor>> found;
  for (const auto& [place, part] : places) {
    for (const auto& tensor : own(*part)) {
      if (tensor.value().defined() && seen.insert(tensor.value().unsafeGetTensorImpl()).second) {
        found.emplace_back(joined(place, tensor.key()), tensor.value());
      }
    }
  }
  return found;
}

inline void collect_state(const std::string& prefix, const torch::nn::Module& module,
                          torch::OrderedDict<std::string, at::Tensor>& found) {
  for (const auto& own : {module.named_parameters(false), module.named_buffers(false)}) {
    for (const auto& tensor : own) {
      if (tensor.value().defined()) found.insert(joined(prefix, tensor.key()), tensor.value().detach());
    }
  }
  for (const auto& child : module.named_children()) collect_state(joined(prefix, child.key()), *child.value(), found);
}

// Each module copies what is its own, and finds the names below it that lead nowhere.
inline void load_state(const std::string& prefix, const torch::nn::Module& module,
                       const torch::OrderedDict<std::string, at::Tensor>& state, bool versioned,
                       std::vector<std::string>& missing, std::vector<std::string>& unexpected) {
  torch::NoGradGuard no_grad;
  const auto children = module.named_children();
  std::unordered_set<std::string> names;
  for (const auto& tensors : {module.named_parameters(false), module.named_buffers(false)}) {
    for (const auto& tensor : tensors) {
      if (!tensor.value().defined()) continue;
      names.insert(tensor.key());
      if (const auto* given = state.find(joined(prefix, tensor.key()))) {
        const auto wanted = tensor.value().dim() == 0 && given->dim() == 1 ? given->select(0, 0) : *given;
        TORCH_CHECK(wanted.sizes() == tensor.value().sizes(), "load_state_dict: the shapes of ", tensor.key(), " differ");
        at::Tensor(tensor.value()).copy_(wanted);
      } else if (tensor.key() == "num_batches_tracked") {
        if (!versioned) continue;
        throw Untranslatable{"whether a state without num_batches_tracked is one of an older version"};
      } else {
        missing.push_back(joined(prefix, tensor.key()));
      }
    }
  }
  const std::string lead = joined(prefix, "");
  for (const auto& item : state) {
    if (item.key().compare(0, lead.size(), lead) != 0) continue;
    const auto rest = item.key().substr(lead.size());
    const auto dot = rest.find('.');
    const bool known = dot == std::string::npos ? names.count(rest) > 0 : children.contains(rest.substr(0, dot));
    if (!known) unexpected.push_back(item.key());
  }
  for (const auto& child : children) {
    load_state(joined(prefix, child.key()), *child.value(), state, versioned, missing, unexpected);
  }
}

inline at::Tensor put(torch::OrderedDict<std::string, at::Tensor>& held, const std::string& name,
                      const at::Tensor& value) {
  if (held.contains(name)) held[name] = value;
  else held.insert(name, value);
  return value;
}

// LibTorch keeps the parameters of a module to its class, and the buffers to torch::nn::Module: an explicit
// instantiation may name a private member.
struct Key {};
template <auto member>
struct Opened {
  friend torch::OrderedDict<std::string, at::Tensor>& buffers_of(torch::nn::Module& module, Key) {
    return module.*member;
  }
};
torch::OrderedDict<std::string, at::Tensor>& buffers_of(torch::nn::Module& module, Key);
template struct Opened<&torch::nn::Module::buffers_>;
struct Parameters : torch::nn::Module {
  static torch::OrderedDict<std::string, at::Tensor>& of(torch::nn::Module& module) {
    return module.*(&Parameters::parameters_);
  }
};
}  // namespace detail

// m.modules(), m.named_modules(), m.children(), m.named_children(): each module once.
template <class M>
std::vector<std::tuple<std::string, ModulePointer>> named_modules(const M& module, const std::string& prefix = "") {
  detail::Seen seen;
  std::vector<std::tuple<std::string, ModulePointer>> found;
  detail::walk(prefix, module_pointer(module), seen, found);
  return found;
}
template <class M>
std::vector<std::tuple<std::string, ModulePointer>> named_children(const M& module) {
  detail::Seen seen;
  std::vector<std::tuple<std::string, ModulePointer>> found;
  for (const auto& child : module_pointer(module)->named_children()) {
    if (seen.insert(child.value().get()).second) found.emplace_back(child.key(), child.value());
  }
  return found;
}
template <class M>
std::vector<ModulePointer> modules(const M& module) {
  return detail::values(named_modules(module));
}
template <class M>
std::vector<ModulePointer> children(const M& module) {
  return detail::values(named_children(module));
}
// The modules in the order in which m.apply(f) visits them: children before their parent.
template <class M>
std::vector<ModulePointer> applied(const M& module) {
  std::vector<ModulePointer> found;
  detail::apply_order(module_pointer(module), found);
  return found;
}

// m.parameters() and the like: a tensor that stands in several places comes once.
template <class M>
auto named_parameters(const M& module, const std::string& prefix = "", bool recurse = true) {
  const auto own = [](const torch::nn::Module& part) { return part.named_parameters(false); };
  return detail::tensors(module_pointer(module), prefix, recurse, own);
}
template <class M>
auto named_buffers(const M& module, const std::string& prefix = "", bool recurse = true) {
  const auto own = [](const torch::nn::Module& part) { return part.named_buffers(false); };
  return detail::tensors(module_pointer(module), prefix, recurse, own);
}
template <class M>
std::vector<at::Tensor> parameters(const M& module, bool recurse = true) {
  return detail::values(named_parameters(module, "", recurse));
}
template <class M>
std::vector<at::Tensor> buffers(const M& module, bool recurse = true) {
  return detail::values(named_buffers(module, "", recurse));
}

// m.state_dict() shares its tensors' memory with the module; m.load_state_dict(d) copies, and gives the names that only
// the module has, and those that only `d` has: none, unless it is not strict.
template <class M>
torch::OrderedDict<std::string, at::Tensor> state_dict(const M& module) {
  torch::OrderedDict<std::string, at::Tensor> found;
  detail::collect_state("", *module_pointer(module), found);
  return found;
}
template <class M>
std::tuple<std::vector<std::string>, std::vector<std::string>> load_state_dict(
    const M& module, const torch::OrderedDict<std::string, at::Tensor>& state, bool strict = true,
    bool versioned = true) {
  std::vector<std::string> missing, unexpected;
  detail::load_state("", *module_pointer(module), state, versioned, missing, unexpected);
  TORCH_CHECK(!strict || (missing.empty() && unexpected.empty()), "load_state_dict: the names differ");
  return {missing, unexpected};
}

// m.load_state_dict(d) of a plain dict: what it lacks of a batch norm's count stays as it is.
template <class M>
auto load_plain_state(const M& module, const torch::OrderedDict<std::string, at::Tensor>& state, bool strict = true) {
  return load_state_dict(module, state, strict, /*versioned=*/false);
}

// These give the module back, as in Python.
template <class M>
M requires_grad_(M module, bool requires_grad = true) {
  for (auto& parameter : parameters(module)) parameter.requires_grad_(requires_grad);
  return module;
}
template <class M>
M train(M module, bool mode = true) {
  module_pointer(module)->train(mode);
  return module;
}
template <class M>
M to(M module, at::ScalarType dtype) {
  const auto change = [dtype](at::Tensor tensor) {
    if (!at::isFloatingType(tensor.scalar_type()) || tensor.scalar_type() == dtype) return;
    if (tensor.grad().defined()) {
      const auto grad = tensor.grad().to(dtype);
      tensor.set_data(tensor.detach().to(dtype));
      tensor.mutable_grad() = grad;
    } else {
      tensor.set_data(tensor.detach().to(dtype));
    }
  };
  for (const auto& parameter : parameters(module)) change(parameter);
  for (const auto& buffer : buffers(module)) change(buffer);
  return module;
}
template <class M>
M to(M module, at::Device device) {
  const auto held = module_pointer(module);
  for (const auto& parameter : parameters(module)) {
    if (parameter.device() != device) return held->to(device), module;
  }
  return module;
}
template <class M>
M to(M module, at::Device device, at::ScalarType dtype) {
  return to(to(module, device), dtype);
}

// A module that may be None, used as one: an error where it is None, as in Python.
template <class M>
M present(const M& module) {
  module.ptr();
  return module;
}
// self.name = module, where the module may be None or take the place of another one.
template <class M>
M set_module(torch::nn::Module& self, const std::string& name, const M& module) {
  const bool known = self.named_children().contains(name);
  if (module.is_empty()) {
    if (known) self.unregister_module(name);
  } else if (known) {
    self.replace_module(name, module.ptr());
  } else {
    self.register_module(name, module.ptr());
  }
  return module;
}
// self.add_module(name, module), getattr(self, name): parts whose names are computed.
template <class Self, class M>
void set_part(const Self& self, const std::string& name, const M& module) {
  set_module(*module_pointer(self), name, module);
}
// A module is found by the very class that the caller knows: what one that derives from it does, would be another thing.
template <class T>
bool is_exactly(const torch::nn::Module& module) {
  return typeid(module) == typeid(T) ||
         (dynamic_cast<const Variant*>(&module) != nullptr && dynamic_cast<const T*>(&module) != nullptr);
}
template <class M, class Self>
M named_part(const Self& self, const std::string& name) {
  using Class = typename M::ContainedType;
  const auto parts = module_pointer(self)->named_children();
  require<AttributeError>(parts.contains(name), name.c_str());
  TORCH_CHECK(is_exactly<Class>(*parts[name]), "the module '", name, "' is of another class");
  return M(std::dynamic_pointer_cast<Class>(parts[name]));
}
template <class M, class Self>
torch::OrderedDict<std::string, M> modules_by_name(const Self& self) {
  torch::OrderedDict<std::string, M> found;
  for (const auto& part : module_pointer(self)->named_children()) {
    found.insert(part.key(), named_part<M>(self, part.key()));
  }
  return found;
}
// self.name = value for a parameter or buffer that the module may have under that name.
inline at::Tensor set_parameter(torch::nn::Module& self, const std::string& name, const at::Tensor& value) {
  return detail::put(detail::Parameters::of(self), name, value);
}
inline at::Tensor set_buffer(torch::nn::Module& self, const std::string& name, const at::Tensor& value) {
  return detail::put(detail::buffers_of(self, detail::Key()), name, value);
}

// The module as one of class M; `is` says whether it is one.
template <class M, class Module>
bool is(const Module& module) {
  return dynamic_cast<typename M::ContainedType*>(module_pointer(module).get()) != nullptr;
}
template <class M, class Module>
M as(const Module& module) {
  return M(std::dynamic_pointer_cast<typename M::ContainedType>(module_pointer(module)));
}

}  // namespace py2cpp
