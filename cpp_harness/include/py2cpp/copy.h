// Copies as copy.deepcopy makes them; of modules: the same values, no gradients, nothing drawn.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <vector>

#include "py2cpp/module_tree.h"

namespace py2cpp {

// copy.deepcopy of a tensor, and of what holds tensors. A gradient is copied too.
inline at::Tensor deep_copy(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.is_leaf(), "Only Tensors created explicitly by the user support the deepcopy protocol");
  auto copy = tensor.detach().clone().set_requires_grad(tensor.requires_grad());
  if (tensor.grad().defined()) copy.mutable_grad() = deep_copy(tensor.grad());
  return copy;
}
inline std::vector<at::Tensor> deep_copy(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> made;
  for (const auto& tensor : tensors) made.push_back(deep_copy(tensor));
  return made;
}
template <class Key>
torch::OrderedDict<Key, at::Tensor> deep_copy(const torch::OrderedDict<Key, at::Tensor>& items) {
  torch::OrderedDict<Key, at::Tensor> made;
  for (const auto& item : items) made.insert(item.key(), deep_copy(item.value()));
  return made;
}

// Gives the numbers of `make` without taking any from the generator.
template <class Make>
auto without_draws(const Make& make) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const auto before = generator.get_state();
  auto made = make();
  generator.set_state(before);
  return made;
}

// The parameters, buffers and modes of one module in another one of the same class.
inline void copy_state(const torch::nn::Module& from, torch::nn::Module& to) {
  to.train(from.is_training());
  auto parameters = to.named_parameters(/*recurse=*/false);
  for (const auto& parameter : from.named_parameters(/*recurse=*/false)) {
    auto& own = parameters[parameter.key()];
    own.set_data(parameter.value().detach().clone());
    own.set_requires_grad(parameter.value().requires_grad());
  }
  auto buffers = to.named_buffers(/*recurse=*/false);
  for (const auto& buffer : from.named_buffers(/*recurse=*/false)) {
    buffers[buffer.key()].set_data(buffer.value().detach().clone());
  }
  const auto children = to.named_children();
  for (const auto& child : from.named_children()) copy_state(*child.value(), *children[child.key()]);
}

// What copy.deepcopy of a module has copied so far: each tensor and module once. There is one while it runs.
class Copies {
 public:
  Copies() : outer_(current_) { current_ = this; }
  ~Copies() { current_ = outer_; }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;
  static Copies& current() { return *current_; }

  // Puts the copies in the place of what attributes hold.
  template <class... T>
  void operator()(T&... held) {
    (put(held), ...);
  }

  // A parameter is copied without its gradient, other tensors with it.
  at::Tensor parameter(const at::Tensor& held) {
    if (!held.defined()) return held;
    auto& copy = tensors_[held.unsafeGetTensorImpl()];
    if (!copy.defined()) copy = held.detach().clone().set_requires_grad(held.requires_grad());
    return copy;
  }
  at::Tensor tensor(const at::Tensor& held) {
    if (!held.defined()) return held;
    auto& copy = tensors_[held.unsafeGetTensorImpl()];
    if (!copy.defined()) copy = deep_copy(held);
    return copy;
  }

  ModulePointer module(const ModulePointer& held) {
    if (held == nullptr) return held;
    if (const auto found = modules_.find(held.get()); found != modules_.end()) return found->second;
    ModulePointer copy = typeid(*held) == typeid(torch::nn::SequentialImpl)
                             ? sequential(static_cast<const torch::nn::SequentialImpl&>(*held))
                             : held->clone();
    return made(held, std::move(copy));
  }

  // The parts of a Sequential that was copied as it is.
  void parts(torch::nn::SequentialImpl& copy) {
    const auto names = copy.named_children().keys();
    std::size_t i = 0;
    for (auto& part : copy) {
      put(part);
      copy.replace_module(names[i++], part.ptr());
    }
  }

  // `copy` is the copy of `held`, by its own means or, where these know nothing of copies, by LibTorch's.
  ModulePointer made(const ModulePointer& held, ModulePointer copy) {
    if (modules_.emplace(held.get(), copy).second) copy_state(*held, *copy);
    return copy;
  }
  void note(const torch::nn::Module& held, const ModulePointer& copy) { modules_.emplace(&held, copy); }

 private:
  ModulePointer sequential(const torch::nn::SequentialImpl& held) {
    const auto copy = std::make_shared<torch::nn::SequentialImpl>(held);
    note(held, copy);
    parts(*copy);
    return copy;
  }

  void put(at::Tensor& held) { held = tensor(held); }
  template <class T>
  void put(torch::nn::ModuleHolder<T>& held) {
    if (!held.is_empty()) held = torch::nn::ModuleHolder<T>(std::dynamic_pointer_cast<T>(module(held.ptr())));
  }
  void put(torch::nn::AnyModule& held) {
    if (held.is_empty()) return;
    const auto before = held.ptr();
    held = held.clone();
    made(before, held.ptr());
  }
  template <class T>
  void put(std::vector<T>& held) {
    if constexpr (!std::is_same_v<T, bool>) {
      for (auto& item : held) put(item);
    }
  }
  template <class T>
  void put(std::optional<T>& held) {
    if (held) put(*held);
  }
  template <class... T>
  void put(std::tuple<T...>& held) {
    std::apply([this](auto&... item) { (put(item), ...); }, held);
  }
  template <class Key, class Value>
  void put(torch::OrderedDict<Key, Value>& held) {
    for (auto& item : held) put(item.value());
  }
  // Numbers, strings and the like.
  template <class T>
  std::enable_if_t<std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>> put(T&) {}
  void put(at::Device&) {}

  inline static thread_local Copies* current_ = nullptr;
  Copies* outer_;
  std::unordered_map<const void*, at::Tensor> tensors_;
  std::unordered_map<const void*, ModulePointer> modules_;
};

// The copy of a module that says with PY2CPP_COPIED what its attributes are.
template <class Impl>
ModulePointer copied(const Impl& self) {
  Copies& copies = Copies::current();
  const auto copy = std::make_shared<Impl>(self);
  copies.note(self, copy);
  for (auto& parameter : detail::Parameters::of(*copy)) parameter.value() = copies.parameter(parameter.value());
  for (auto& buffer : detail::buffers_of(*copy, detail::Key())) buffer.value() = copies.tensor(buffer.value());
  copy->py2cpp_put(copies);
  if constexpr (std::is_base_of_v<torch::nn::SequentialImpl, Impl>) {
    copies.parts(*copy);
  } else {
    for (const auto& child : self.named_children()) copy->replace_module(child.key(), copies.module(child.value()));
  }
  return copy;
}

// In a module: the attributes that hold tensors, modules, or containers of these.
#define PY2CPP_COPIED(...)                                                                                     \
  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& = std::nullopt) const override { \
    return py2cpp::copied(*this);                                                                              \
  }                                                                                                            \
  void py2cpp_put([[maybe_unused]] py2cpp::Copies& py2cpp_copies) { py2cpp_copies(__VA_ARGS__); }

// copy.deepcopy of a module: no random numbers are drawn.
template <class M>
M deep_copied(M module) {
  return without_draws([&] {
    Copies copies;
    copies(module);
    return module;
  });
}
template <class M>
std::enable_if_t<std::is_base_of_v<torch::nn::Module, typename M::ContainedType>, M> deep_copy(const M& module) {
  return deep_copied(module);
}
inline torch::nn::AnyModule deep_copy(const torch::nn::AnyModule& module) { return deep_copied(module); }
template <class M>
std::enable_if_t<std::is_base_of_v<torch::nn::Module, typename M::ContainedType>, std::vector<M>> deep_copy(
    const std::vector<M>& modules) {
  return deep_copied(modules);
}

}  // namespace py2cpp
