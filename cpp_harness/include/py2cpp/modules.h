// Containers of modules, as Python's nn.ModuleList and nn.Sequential have them.
#pragma once

#include <torch/nn/modules/container/any.h>
#include <torch/nn/modules/container/sequential.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/copy.h"
#include "py2cpp/dict.h"
#include "py2cpp/list.h"
#include "py2cpp/module_tree.h"
#include "py2cpp/shown.h"

namespace py2cpp {

namespace detail {
template <class T>
std::shared_ptr<T> module_pointer(const torch::nn::ModuleHolder<T>& module) {
  return module.ptr();
}
inline std::shared_ptr<torch::nn::Module> module_pointer(const torch::nn::AnyModule& module) { return module.ptr(); }
}  // namespace detail

// Modules of one class T (or of any: torch::nn::AnyModule), registered as "0", "1", ...
template <class T>
class ModuleListImpl : public torch::nn::Module, public Listed {
 public:
  ModuleListImpl() = default;
  explicit ModuleListImpl(std::vector<T> modules) {
    for (auto& module : modules) push_back(std::move(module));
  }

  void push_back(T module) {
    register_module(std::to_string(items.size()), detail::module_pointer(module));
    items.push_back(std::move(module));
  }

  void insert(int64_t place, T module) {
    const auto size = static_cast<int64_t>(items.size());
    TORCH_CHECK(-size <= place && place <= size, "the place is out of range");
    items.insert(items.begin() + (place < 0 ? place + size : place), std::move(module));
    for (size_t i = 0; i < items.size(); ++i) {
      const auto name = std::to_string(i);
      if (i + 1 < items.size()) replace_module(name, detail::module_pointer(items[i]));
      else register_module(name, detail::module_pointer(items[i]));
    }
  }

  std::vector<T> items;
  PY2CPP_COPIED(items)
};

template <class T>
class ModuleList : public torch::nn::ModuleHolder<ModuleListImpl<T>> {
 public:
  using torch::nn::ModuleHolder<ModuleListImpl<T>>::ModuleHolder;

  auto begin() const { return this->impl_->items.begin(); }
  auto end() const { return this->impl_->items.end(); }
  size_t size() const { return this->impl_->items.size(); }
  T& operator[](size_t i) const { return this->impl_->items[i]; }
  T& at(size_t i) const { return this->impl_->items.at(i); }
  void push_back(T module) const { this->impl_->push_back(std::move(module)); }
  void insert(int64_t place, T module) const { this->impl_->insert(place, std::move(module)); }
  void extend(const std::vector<T>& modules) const {
    for (const auto& module : modules) push_back(module);
  }
};

// Modules of one class T by name.
template <class T>
class ModuleDictImpl : public torch::nn::Module {
 public:
  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const torch::OrderedDict<std::string, T>& modules) { update(modules); }

  void set(const std::string& name, T module) {
    if (auto* held = items.find(name)) {
      replace_module(name, detail::module_pointer(module));
      *held = std::move(module);
    } else {
      register_module(name, detail::module_pointer(module));
      items.insert(name, std::move(module));
    }
  }
  void update(const torch::OrderedDict<std::string, T>& modules) {
    for (const auto& item : modules) set(item.key(), item.value());
  }
  T pop(const std::string& name) {
    auto module = py2cpp::pop(items, name);
    unregister_module(name);
    return module;
  }

  torch::OrderedDict<std::string, T> items;
  PY2CPP_COPIED(items)
};

template <class T>
class ModuleDict : public torch::nn::ModuleHolder<ModuleDictImpl<T>> {
 public:
  using torch::nn::ModuleHolder<ModuleDictImpl<T>>::ModuleHolder;

  auto begin() const { return this->impl_->items.begin(); }
  auto end() const { return this->impl_->items.end(); }
  size_t size() const { return this->impl_->items.size(); }
  const auto& items() const { return this->impl_->items.items(); }
  bool contains(const std::string& name) const { return this->impl_->items.contains(name); }
  T& operator[](const std::string& name) const { return py2cpp::at(this->impl_->items, name); }
};

// modules[name], modules[name] = module, modules.pop(name), modules.update(more)
template <class T>
T& at(const ModuleDict<T>& modules, const std::string& name) {
  return modules[name];
}
template <class T>
void set(const ModuleDict<T>& modules, const std::string& name, typename detail::said<T>::type module) {
  modules.ptr()->set(name, std::move(module));
}
template <class T>
T pop(const ModuleDict<T>& modules, const std::string& name) {
  return modules.ptr()->pop(name);
}
template <class T>
void update(const ModuleDict<T>& modules, const torch::OrderedDict<std::string, T>& more) {
  modules.ptr()->update(more);
}

// modules[i], also from the end.
template <class T>
T at(const ModuleList<T>& modules, int64_t i) {
  return modules[position(i, modules.size())];
}
inline torch::nn::AnyModule at(const torch::nn::Sequential& modules, int64_t i) {
  return *(modules->begin() + static_cast<int64_t>(position(i, modules->size())));
}

// modules[first:last:step]: the same modules in a container of its own.
template <class T>
ModuleList<T> slice(const ModuleList<T>& modules, std::optional<int64_t> first, std::optional<int64_t> last,
                    int64_t step) {
  return ModuleList<T>(slice(modules->items, first, last, step));
}
template <class T>
ModuleList<T> slice(const ModuleList<T>& modules, int64_t first, int64_t last) {
  return ModuleList<T>(slice(modules->items, first, last));
}
inline torch::nn::Sequential slice(const torch::nn::Sequential& modules, int64_t first, int64_t last) {
  const auto names = slice(modules->named_children().keys(), first, last);
  const auto held = slice(std::vector<torch::nn::AnyModule>(modules->begin(), modules->end()), first, last);
  torch::nn::Sequential made;
  for (size_t i = 0; i < held.size(); ++i) made->push_back(names[i], held[i]);
  return made;
}

// The module at place `i` of a Sequential, whose class is known. (`ptr<T>(i)` takes no class that inherits `forward`.)
template <class T>
T get(const torch::nn::Sequential& modules, int64_t i) {
  return T(std::dynamic_pointer_cast<typename T::ContainedType>(modules->ptr(position(i, modules->size()))));
}

// LibTorch's Sequential has a forward of any arguments, which no Sequential (nor AnyModule) can hold; this one has
// Python's: a tensor gives a tensor.
class NestedSequentialImpl : public torch::nn::SequentialImpl, public Variant {
 public:
  explicit NestedSequentialImpl(const torch::nn::Sequential& modules) : original_(modules.ptr()) {
    const auto names = modules->named_children().keys();
    size_t i = 0;
    for (const auto& module : *modules) push_back(names[i++], module);
  }
  at::Tensor forward(at::Tensor input) { return is_empty() ? input : SequentialImpl::forward(input); }
  const std::shared_ptr<torch::nn::SequentialImpl>& original() const { return original_; }

  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& = std::nullopt) const override {
    const auto copy = std::make_shared<NestedSequentialImpl>(*this);
    Copies::current().note(*this, copy);
    Copies::current().parts(*copy);
    copy->original_ = nullptr;
    return copy;
  }

 private:
  std::shared_ptr<torch::nn::SequentialImpl> original_;
};
class NestedSequential : public torch::nn::ModuleHolder<NestedSequentialImpl> {
 public:
  using torch::nn::ModuleHolder<NestedSequentialImpl>::ModuleHolder;
};

// A Sequential as a part of another module: the same modules under the same names.
inline NestedSequential nested(const torch::nn::Sequential& modules) { return NestedSequential(modules); }
template <class T>  // of another class, also one that derives from Sequential: it has a forward of its own
const T& nested(const T& module) {
  return module;
}

// modules._modules
template <class M>
torch::OrderedDict<std::string, torch::nn::AnyModule> any_modules_by_name(const M& modules) {
  torch::OrderedDict<std::string, torch::nn::AnyModule> found;
  const auto held = std::dynamic_pointer_cast<torch::nn::SequentialImpl>(module_pointer(modules));
  auto part = held->begin();
  for (const auto& name : held->named_children().keys()) found.insert(name, *part++);
  return found;
}

// modules(input), where there may be no modules.
inline at::Tensor forward(torch::nn::Sequential modules, const at::Tensor& input) {
  return modules->is_empty() ? input : modules->forward(input);
}
template <class T>  // of a class that derives from Sequential, and has a forward that sees to that
at::Tensor forward(torch::nn::ModuleHolder<T> modules, const at::Tensor& input) {
  return modules->forward(input);
}

// A module under a name: that of another one takes its place.
template <class M>
void put_part(torch::nn::SequentialImpl& self, std::string name, const M& module) {
  const auto names = self.named_children().keys();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return self.push_back(std::move(name), module);
  auto& held = *(self.begin() + (found - names.begin()));
  held = torch::nn::AnyModule(module);
  self.replace_module(name, held.ptr());
}
// modules.add_module(name, module): LibTorch's push_back takes a named string for a module.
template <class M>
void add_module(torch::nn::Sequential& modules, std::string name, const M& module) {
  put_part(*modules, std::move(name), module);
}

// The modules of a list among modules of other classes.
template <class T>
std::vector<torch::nn::AnyModule> any_modules(const std::vector<T>& modules) {
  std::vector<torch::nn::AnyModule> made;
  for (const auto& module : modules) {
    if constexpr (std::is_same_v<T, torch::nn::Sequential>) {
      made.push_back(torch::nn::AnyModule(nested(module)));
    } else {
      made.push_back(torch::nn::AnyModule(module));
    }
  }
  return made;
}

// What a class of the program that derives from nn.Sequential derives from in C++.
class DerivedSequentialImpl : public torch::nn::SequentialImpl {
 public:
  DerivedSequentialImpl() = default;
  template <class First, class... More,
            class = std::enable_if_t<!std::is_base_of_v<torch::nn::Module, std::decay_t<First>>>>
  explicit DerivedSequentialImpl(const First& first, const More&... more) {
    add(first);
    (add(more), ...);
  }

  at::Tensor forward(at::Tensor input) { return is_empty() ? input : SequentialImpl::forward(input); }

  // What self.add_module(name, module) does; a module under the name of another one takes its place.
  template <class T>
  void add_module(const std::string& name, const T& module) {
    put_part(*this, name, nested(module));
  }
  template <class T>
  void append(const T& module) {
    add_module(std::to_string(size()), module);
  }
  torch::nn::AnyModule item(int64_t i) { return *(begin() + static_cast<int64_t>(position(i, size()))); }
  std::vector<torch::nn::AnyModule> items() { return {begin(), end()}; }

 private:
  template <class T>
  void add(const T& module) {
    append(module);
  }
  template <class T>
  void add(const std::vector<T>& modules) {
    for (const auto& module : modules) append(module);
  }
  template <class T>
  void add(const ModuleList<T>& modules) {
    for (const auto& module : modules) append(module);
  }
};
class DerivedSequential : public torch::nn::ModuleHolder<DerivedSequentialImpl> {
 public:
  using torch::nn::ModuleHolder<DerivedSequentialImpl>::ModuleHolder;
};

// nn.Sequential(*modules), nn.Sequential(OrderedDict(...))
template <class T>
torch::nn::Sequential sequential(const std::vector<T>& modules) {
  torch::nn::Sequential made;
  for (const auto& module : modules) made->push_back(nested(module));
  return made;
}
template <class T>
torch::nn::Sequential sequential(const ModuleList<T>& modules) {
  torch::nn::Sequential made;
  for (const auto& module : modules) made->push_back(nested(module));
  return made;
}
template <class T>
torch::nn::Sequential sequential(const torch::OrderedDict<std::string, T>& modules) {
  torch::nn::Sequential made;
  for (const auto& module : modules) made->push_back(std::string(module.key()), nested(module.value()));
  return made;
}

}  // namespace py2cpp
