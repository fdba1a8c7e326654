// The state of an optimizer in a file.
#pragma once

#include "py2cpp/files.h"
#include "py2cpp/optim/optimizer.h"

namespace py2cpp::detail {

template <>
struct Saved<std::shared_ptr<optim::State>> {
  static c10::IValue write(const std::shared_ptr<optim::State>& state) {
    torch::OrderedDict<std::string, at::Tensor> tensors;
    for (const auto& [name, tensor] : state->tensors) tensors.insert(name, tensor);
    Values values;
    for (const auto& [name, value] : state->values) values.insert(name, value);
    return Saved<Form>::write(Form(state->step, tensors, values));
  }
  static std::shared_ptr<optim::State> read(const c10::IValue& saved) {
    const auto [step, tensors, values] = Saved<Form>::read(saved);
    auto made = std::make_shared<optim::State>(std::make_shared<double>(step));
    for (const auto& tensor : tensors) made->tensors[tensor.key()] = tensor.value();
    for (const auto& value : values) made->values.emplace(value.key(), value.value());
    return made;
  }

 private:
  using Values = torch::OrderedDict<std::string, c10::IValue>;
  using Form = std::tuple<double, torch::OrderedDict<std::string, at::Tensor>, Values>;
};

template <>
struct Saved<optim::StateDict::Group> {
  static c10::IValue write(optim::StateDict::Group group) {
    c10::impl::GenericDict made(c10::StringType::get(), c10::AnyType::get());
    group.values.each([&made](const char* name, const auto& value) {
      if (value) made.insert(name, Saved<std::decay_t<decltype(*value)>>::write(*value));
    });
    for (const auto& [name, value] : group.values.more) made.insert(name, value);
    made.insert("params", Saved<std::vector<int64_t>>::write(group.params));
    return made;
  }
  static optim::StateDict::Group read(const c10::IValue& saved) {
    require<OtherError>(saved.isGenericDict(), "the file holds a value of another type");
    const auto items = saved.toGenericDict();
    optim::StateDict::Group made;
    for (const auto& item : items) made.values.more.emplace(item.key().toStringRef(), item.value());
    made.values.more.erase("params");
    made.values.each([&items, &made](const char* name, auto& value) {
      if (!items.contains(name)) return;
      value = Saved<std::decay_t<decltype(*value)>>::read(items.at(name));
      made.values.more.erase(name);
    });
    made.params = Saved<std::vector<int64_t>>::read(items.at("params"));
    return made;
  }
};

template <>
struct Saved<optim::StateDict> {
  static c10::IValue write(const optim::StateDict& state) {
    States states;
    for (const auto& [number, one] : state.states) states.insert(number, one);
    return Saved<Form>::write(Form(states, state.groups));
  }
  static optim::StateDict read(const c10::IValue& saved) {
    auto [states, groups] = Saved<Form>::read(saved);
    optim::StateDict made;
    for (const auto& state : states) made.states.emplace(state.key(), state.value());
    made.groups = std::move(groups);
    return made;
  }

 private:
  using States = torch::OrderedDict<int64_t, std::shared_ptr<optim::State>>;
  using Form = std::tuple<States, std::vector<optim::StateDict::Group>>;
};

}  // namespace py2cpp::detail
