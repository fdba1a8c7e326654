// What modules say of themselves in Python's text of modules, where their class and options do not tell it.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>
#include <utility>

namespace py2cpp {

namespace detail {
// LibTorch's layers take no name: an explicit instantiation may name a private member.
struct NameKey {};
template <auto member>
struct OpenedName {
  friend std::optional<std::string>& name_of(torch::nn::Module& module, NameKey) { return module.*member; }
};
std::optional<std::string>& name_of(torch::nn::Module& module, NameKey);
template struct OpenedName<&torch::nn::Module::name_>;
}  // namespace detail

// What Python calls a class that derives from a layer and that C++ calls otherwise.
struct ShownAs {
  ShownAs(torch::nn::Module& module, std::string name) {
    name_of(module, detail::NameKey()) = std::move(name);
  }
};

// A class of the runtime that Python calls by the layer that it derives from.
struct Variant {
  virtual ~Variant() = default;
};

// A class with an extra_repr of its own.
struct ExtraRepr {
  virtual ~ExtraRepr() = default;
  virtual std::string extra_repr() = 0;
};

// A class with a __repr__ of its own.
struct Repr {
  virtual ~Repr() = default;
  virtual std::string repr() = 0;
};

// A list of modules, which shows equal neighbours as one.
struct Listed {
  virtual ~Listed() = default;
};

}  // namespace py2cpp
