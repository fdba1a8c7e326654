// Drives a model file (`Model`, `get_inputs`, `get_init_inputs`) as the Python side drives the same file: seed, build,
// seed, make the inputs, forward, backward with a fixed cotangent, record. docs/trace-format.md has the steps.
#pragma once

#include "py2cpp/probe.h"

namespace py2cpp::drive {

// The cotangent of output number `index`: odd multiples of 1/256 in (-1, 1), exact in every floating dtype, from a
// counter and a hash, so that Python computes the same bits.
at::Tensor cotangent(const at::Tensor& output, int64_t index);
// Makes floating inputs require grad (views and other non-leaves retain it).
void require_grad(at::Tensor& input);
// Runs backward from all outputs that have a gradient.
void backward(const std::vector<at::Tensor>& outputs);
// What `verify --thorough` runs besides: as `py2cpp_autograd/verify/variants.py` numbers it.
enum class Variant { kAsGiven, kZeros, kTies, kLarge, kSubnormal, kSpecial, kSecondOrder };
Variant variant();
// An input of a variant.
at::Tensor varied(const at::Tensor& input, Variant variant);
// Runs backward from the gradients of the inputs, and records these.
void backward_twice(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs);
// Sets the seed of the default generator.
void seed(uint64_t value);

// Runs a `main` of C++ by hand: another status than 0 is an error, as it is in Python.
void call(int (*main)());
void call(int (*main)(int, char**));
// Puts the default generator into the state that it has when a program starts that `verify` does not seed.
void unseed();

// Calls `visit` with each tensor in `value`, in order, through vectors, tuples, optionals and dictionaries.
template <class T, class Visit>
void each_tensor(T& value, const Visit& visit) {
  using Plain = std::remove_const_t<T>;
  if constexpr (std::is_base_of_v<at::TensorBase, Plain>) {
    if (value.defined()) visit(value);
  } else if constexpr (probe::detail::is_sequence<Plain>::value) {
    for (auto& item : value) each_tensor(item, visit);
  } else if constexpr (probe::detail::is_instance_v<std::tuple, Plain> || probe::detail::is_instance_v<std::pair, Plain>) {
    std::apply([&visit](auto&... items) { (each_tensor(items, visit), ...); }, value);
  } else if constexpr (probe::detail::is_instance_v<std::optional, Plain>) {
    if (value.has_value()) each_tensor(*value, visit);
  } else if constexpr (probe::detail::is_instance_v<torch::OrderedDict, Plain>) {
    for (auto& item : value) each_tensor(item.value(), visit);
  }
}

// Builds `Model`, runs it forward and backward, and records inputs, outputs, parameters and buffers.
template <class Model, class InitInputs, class Inputs>
void model(uint64_t seed_value, const InitInputs& get_init_inputs, const Inputs& get_inputs) {
  seed(seed_value);
  auto init = get_init_inputs();
  Model model = std::apply([](auto&... arguments) { return Model(arguments...); }, init);
  seed(seed_value);
  auto inputs = get_inputs();
  each_tensor(inputs, [](at::Tensor& input) { input = varied(input, variant()); });
  each_tensor(inputs, require_grad);
  auto output = std::apply([&model](auto&... arguments) { return model->forward(arguments...); }, inputs);
  std::vector<at::Tensor> outputs;
  each_tensor(output, [&outputs](at::Tensor& tensor) { outputs.push_back(tensor); });
  if (variant() == Variant::kSecondOrder) {
    std::vector<at::Tensor> leaves;
    each_tensor(inputs, [&leaves](at::Tensor& tensor) { leaves.push_back(tensor); });
    backward_twice(outputs, leaves);
  } else {
    backward(outputs);
  }
  probe::record("output", output);
  probe::record("inputs", inputs);
  probe::record("model", model);
}

}  // namespace py2cpp::drive
