// torch.func.functional_call: the call of a module with other tensors in the place of its parameters and buffers, for as
// long as the call takes; torch.func.stack_module_state.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/layers.h"
#include "py2cpp/module_tree.h"
#include "py2cpp/parameters.h"

namespace py2cpp {

using NamedTensors = torch::OrderedDict<std::string, at::Tensor>;

// A module of the program, which says where it holds its parameters and buffers.
class Registered {
 public:
  virtual ~Registered() = default;
  virtual std::vector<at::Tensor*> py2cpp_registered() = 0;
};
// In such a module: the attributes.
#define PY2CPP_REGISTERED(...)                                                                               \
  std::vector<at::Tensor*> py2cpp_registered() override { return py2cpp::detail::places_of(__VA_ARGS__); }

namespace detail {

using Places = std::vector<at::Tensor*>;

template <class... T>
Places places_of(T&... tensors) {
  return {&tensors...};
}

template <class Layer>
void add_weights(torch::nn::Module& module, Places& found) {
  if (auto* layer = dynamic_cast<Layer*>(&module)) found.insert(found.end(), {&layer->weight, &layer->bias});
}
template <class Layer>
void add_weight(torch::nn::Module& module, Places& found) {
  if (auto* layer = dynamic_cast<Layer*>(&module)) found.push_back(&layer->weight);
}
template <class Layer>
void add_statistics(torch::nn::Module& module, Places& found) {
  add_weights<Layer>(module, found);
  if (auto* layer = dynamic_cast<Layer*>(&module)) {
    found.insert(found.end(), {&layer->running_mean, &layer->running_var, &layer->num_batches_tracked});
  }
}
template <class... Layer>
void add_all_weights(torch::nn::Module& module, Places& found) {
  (add_weights<Layer>(module, found), ...);
}
template <class... Layer>
void add_all_statistics(torch::nn::Module& module, Places& found) {
  (add_statistics<Layer>(module, found), ...);
}

// Where a module holds its own tensors, besides under their names.
inline Places attributes_of(torch::nn::Module& module) {
  namespace nn = torch::nn;
  Places found;
  if (auto* own = dynamic_cast<Registered*>(&module)) found = own->py2cpp_registered();
  add_all_weights<nn::LinearImpl, nn::BilinearImpl, nn::Conv1dImpl, nn::Conv2dImpl, nn::Conv3dImpl,
                  nn::ConvTranspose1dImpl, nn::ConvTranspose2dImpl, nn::ConvTranspose3dImpl, nn::LayerNormImpl,
                  nn::GroupNormImpl>(module, found);
  add_all_statistics<nn::BatchNorm1dImpl, nn::BatchNorm2dImpl, nn::BatchNorm3dImpl, nn::InstanceNorm1dImpl,
                     nn::InstanceNorm2dImpl, nn::InstanceNorm3dImpl>(module, found);
  add_weight<nn::EmbeddingImpl>(module, found);
  add_weight<nn::EmbeddingBagImpl>(module, found);
  add_weight<nn::PReLUImpl>(module, found);
  add_weight<RMSNormImpl>(module, found);
  if (auto* list = dynamic_cast<ParameterListImpl*>(&module)) {
    for (auto& item : list->items) found.push_back(&item);
  }
  if (auto* dict = dynamic_cast<ParameterDictImpl*>(&module)) {
    for (auto& item : dict->items) found.push_back(&item.value());
  }
  return found;
}

// One tensor of a module tree, under one of its names.
struct Named {
  std::string name;
  at::Tensor* place;
  torch::nn::Module* owner;
};
inline void add_named(const std::string& prefix, torch::nn::Module& module, std::vector<Named>& found) {
  for (auto* own : {&Parameters::of(module), &buffers_of(module, Key())}) {
    for (auto& item : *own) {
      if (item.value().defined()) found.push_back({joined(prefix, item.key()), &item.value(), &module});
    }
  }
  for (const auto& child : module.named_children()) add_named(joined(prefix, child.key()), *child.value(), found);
}

// While there is one, a module has other tensors; names of one tensor all get the one that one of them is given.
class Reparametrized {
 public:
  Reparametrized(torch::nn::Module& module, const NamedTensors& given) {
    std::vector<Named> all;
    add_named("", module, all);
    for (const auto& item : given) {
      const auto own = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == item.key(); });
      assume(own != all.end(), "a functional call with tensors that are no parameters or buffers of the module");
      const at::Tensor before = *own->place;
      for (const auto& one : all) {
        if (one.place->is_same(before)) note(one, before, item.value());
      }
    }
    for (const auto& change : changes_) *change.place = change.other;
  }
  ~Reparametrized() {
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) *change->place = change->before;
  }
  Reparametrized(const Reparametrized&) = delete;
  Reparametrized& operator=(const Reparametrized&) = delete;

  // Python gives what the module has put in the place of a tensor to the dict.
  void check() const {
    for (const auto& change : changes_) {
      assume(change.place->is_same(change.other), "a functional call of a module that assigns its tensors");
    }
  }

 private:
  struct Change {
    at::Tensor* place;
    at::Tensor before, other;
  };

  void note(const Named& one, const at::Tensor& before, const at::Tensor& other) {
    const auto add = [&](at::Tensor* place) {
      for (const auto& change : changes_) {
        if (change.place != place) continue;
        require<ValueError>(change.other.is_same(other), "functional_call got multiple values for keys which are tied");
        return;
      }
      changes_.push_back({place, before, other});
    };
    add(one.place);
    bool held = false;
    for (auto* place : attributes_of(*one.owner)) {
      if (!place->is_same(before)) continue;
      add(place);
      held = true;
    }
    assume(held, "a functional call of a module of this class");
  }

  std::vector<Change> changes_;
};

inline NamedTensors merged(const NamedTensors& given) { return given; }
inline void add_given(NamedTensors& all, const NamedTensors& given) {
  for (const auto& item : given) {
    require<ValueError>(!all.contains(item.key()),
                        "appeared in multiple dictionaries; behavior of functional call is ambiguous");
    all.insert(item.key(), item.value());
  }
}
template <class... Given>
NamedTensors merged(const std::tuple<Given...>& given) {
  NamedTensors all;
  std::apply([&all](const auto&... one) { (add_given(all, one), ...); }, given);
  return all;
}
template <class Given>
NamedTensors merged(const std::vector<Given>& given) {
  NamedTensors all;
  for (const auto& one : given) add_given(all, one);
  return all;
}

inline at::Tensor stacked(const std::vector<at::Tensor>& tensors) {
  const auto wants = [](const at::Tensor& tensor) { return tensor.requires_grad(); };
  const bool all = std::all_of(tensors.begin(), tensors.end(), wants);
  TORCH_CHECK(all || std::none_of(tensors.begin(), tensors.end(), wants), "Expected each model to have the same .requires_grad");
  const auto made = at::stack(tensors);
  return all ? made.detach().requires_grad_() : made;
}
template <class Models, class Own>
NamedTensors stacked_by_name(const Models& models, const Own& own) {
  NamedTensors made;
  for (const auto& [name, unused] : own(*models.begin())) {
    std::vector<at::Tensor> tensors;
    for (const auto& model : models) {
      for (const auto& [other, tensor] : own(model)) {
        if (other == name) tensors.push_back(tensor);
      }
    }
    made.insert(name, stacked(tensors));
  }
  return made;
}

}  // namespace detail

// `call` calls the module with the arguments.
template <class M, class Given, class Call, class... A>
auto functional_call(const M& module, const Given& given, const Call& call, const A&... arguments) {
  const detail::Reparametrized reparametrized(*module_pointer(module), detail::merged(given));
  const auto value = call(arguments...);
  reparametrized.check();
  return value;
}

template <class M>
std::tuple<NamedTensors, NamedTensors> stack_module_state(const std::vector<M>& models) {
  TORCH_CHECK(models.size() > 0, "stack_module_state: Expected at least one model, got 0.");
  return {detail::stacked_by_name(models, [](const auto& model) { return named_parameters(model); }),
          detail::stacked_by_name(models, [](const auto& model) { return named_buffers(model); })};
}
template <class M>
std::tuple<NamedTensors, NamedTensors> stack_module_state(std::initializer_list<M> models) {
  return stack_module_state(std::vector<M>(models));
}

}  // namespace py2cpp
