// Containers of parameters, as Python's nn.ParameterList and nn.ParameterDict have them.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "py2cpp/copy.h"
#include "py2cpp/dict.h"
#include "py2cpp/list.h"
#include "py2cpp/module_tree.h"

namespace py2cpp {

class ParameterListImpl : public torch::nn::Module {
 public:
  ParameterListImpl() = default;
  explicit ParameterListImpl(const std::vector<at::Tensor>& parameters) { extend(parameters); }

  void append(const at::Tensor& parameter) {
    register_parameter(std::to_string(items.size()), parameter, parameter.requires_grad());
    items.push_back(parameter);
  }
  void extend(const std::vector<at::Tensor>& parameters) {
    for (const auto& parameter : parameters) append(parameter);
  }
  void set(int64_t i, const at::Tensor& parameter) {
    const auto place = position(i, items.size());
    items[place] = set_parameter(*this, std::to_string(place), parameter);
  }

  std::vector<at::Tensor> items;
  PY2CPP_COPIED(items)
};
class ParameterList : public torch::nn::ModuleHolder<ParameterListImpl> {
 public:
  using torch::nn::ModuleHolder<ParameterListImpl>::ModuleHolder;
  using Impl = ParameterListImpl;
  ParameterList() = default;
  ParameterList(std::initializer_list<at::Tensor> parameters)
      : ModuleHolder(std::make_shared<ParameterListImpl>(std::vector<at::Tensor>(parameters))) {}
};

class ParameterDictImpl : public torch::nn::Module {
 public:
  ParameterDictImpl() = default;
  explicit ParameterDictImpl(const torch::OrderedDict<std::string, at::Tensor>& parameters) { update(parameters); }

  void set(const std::string& name, const at::Tensor& parameter) {
    py2cpp::set(items, name, set_parameter(*this, name, parameter));
  }
  void update(const torch::OrderedDict<std::string, at::Tensor>& parameters) {
    for (const auto& item : parameters) set(item.key(), item.value());
  }
  // Python takes the parameters of a plain dict by name, and those of an OrderedDict in its order.
  void update_by_name(const torch::OrderedDict<std::string, at::Tensor>& parameters) {
    auto names = parameters.keys();
    std::sort(names.begin(), names.end());
    for (const auto& name : names) set(name, parameters[name]);
  }

  torch::OrderedDict<std::string, at::Tensor> items;
  PY2CPP_COPIED(items)
};
TORCH_MODULE(ParameterDict);

inline ParameterDict parameters_by_name(const torch::OrderedDict<std::string, at::Tensor>& parameters) {
  ParameterDict made;
  made->update_by_name(parameters);
  return made;
}

}  // namespace py2cpp
