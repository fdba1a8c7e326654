// torch.autograd.functional: products with Jacobians and Hessians, and these themselves, by reverse mode, in the
// order of operations of Python's functions, which are written in Python.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/torch.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace py2cpp {

namespace derivatives {

using Tensors = std::vector<at::Tensor>;
using Function = std::function<Tensors(const Tensors&)>;

// One tensor, or a tuple of tensors, as a vector, and back.
inline Tensors flat(const at::Tensor& value) { return {value}; }
template <class... T>
Tensors flat(const std::tuple<T...>& values) {
  return std::apply([](const auto&... value) { return Tensors{value...}; }, values);
}

template <class T>
struct Shape;
template <>
struct Shape<at::Tensor> {
  static at::Tensor of(const Tensors& values) { return values.at(0); }
  static at::Tensor of(const std::vector<Tensors>& values) { return values.at(0).at(0); }
  template <class Call>
  static auto call(Call& function, const Tensors& values) {
    return function(values.at(0));
  }
};
template <class... T>
struct Shape<std::tuple<T...>> {
  static std::tuple<T...> of(const Tensors& values) { return of(values, std::index_sequence_for<T...>{}); }
  // The rows of a square of tensors.
  static auto of(const std::vector<Tensors>& rows) { return rows_of(rows, std::index_sequence_for<T...>{}); }
  template <class Call>
  static auto call(Call& function, const Tensors& values) {
    return std::apply(function, of(values));
  }

 private:
  template <std::size_t... I>
  static std::tuple<T...> of(const Tensors& values, std::index_sequence<I...>) {
    return {values.at(I)...};
  }
  template <std::size_t... I>
  static auto rows_of(const std::vector<Tensors>& rows, std::index_sequence<I...>) {
    return std::make_tuple(of(rows.at(I))...);
  }
};

template <class Inputs, class Call>
Function of(Call& function) {
  return [&function](const Tensors& inputs) { return Tensors{Shape<Inputs>::call(function, inputs)}; };
}

inline Tensors prepared(const Tensors& inputs, bool create_graph, bool need_graph) {
  Tensors result;
  for (const at::Tensor& input : inputs) {
    const bool stays = create_graph && input.requires_grad();
    result.push_back(stays ? input.view_as(input) : input.detach().requires_grad_(need_graph));
  }
  return result;
}

inline Tensors finished(const Tensors& values, bool create_graph) {
  if (create_graph) return values;
  Tensors result;
  for (const at::Tensor& value : values) result.push_back(value.detach());
  return result;
}

// Gradients of those outputs that have a graph; undefined where there is none.
inline Tensors gradients(const Tensors& outputs, const Tensors& inputs, const Tensors& grad_outputs, bool create_graph,
                         std::optional<bool> retain_graph = std::nullopt) {
  Tensors kept, kept_gradients;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined() || !outputs[i].requires_grad()) continue;
    kept.push_back(outputs[i]);
    kept_gradients.push_back(grad_outputs.empty() ? at::Tensor() : grad_outputs[i]);
  }
  if (kept.empty()) return Tensors(inputs.size());
  return torch::autograd::grad(kept, inputs, kept_gradients, retain_graph, create_graph, /*allow_unused=*/true);
}

inline Tensors filled(Tensors values, const Tensors& like) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].defined()) values[i] = at::zeros_like(like[i]);
  }
  return values;
}

inline Tensors zeros_with_graph(const Tensors& like) {
  Tensors result;
  for (const at::Tensor& value : like) result.push_back(at::zeros_like(value).requires_grad_());
  return result;
}

// The vector of a product, which may be left out where `like` has one element.
inline Tensors vector_of(const std::optional<Tensors>& v, const Tensors& like, bool create_graph) {
  if (!v) {
    TORCH_CHECK(like.size() == 1 && like[0].numel() == 1, "the vector v can only be None for a single element");
    return {};
  }
  TORCH_CHECK(v->size() == like.size(), "v has another length");
  for (std::size_t i = 0; i < like.size(); ++i) TORCH_CHECK((*v)[i].sizes() == like[i].sizes(), "v has invalid size");
  return prepared(*v, create_graph, false);
}

inline at::Tensor single_element(const Tensors& outputs) {
  TORCH_CHECK(outputs.at(0).numel() == 1, "the function should return a single element");
  return outputs[0];
}

using Product = std::pair<Tensors, Tensors>;

inline Product vjp(const Function& function, const Tensors& given, const std::optional<Tensors>& v, bool create_graph) {
  Tensors inputs, outputs, vector;
  {
    const torch::AutoGradMode enabled(true);
    inputs = prepared(given, create_graph, true);
    outputs = function(inputs);
    vector = vector_of(v, outputs, create_graph);
  }
  const torch::AutoGradMode mode(create_graph || torch::GradMode::is_enabled());
  const auto product = filled(gradients(outputs, inputs, vector, create_graph), inputs);
  return {finished(outputs, create_graph), finished(product, create_graph)};
}

inline Product jvp(const Function& function, const Tensors& given, const std::optional<Tensors>& v, bool create_graph) {
  Tensors outputs, vector, grad_outputs, grad_inputs;
  {
    const torch::AutoGradMode enabled(true);
    const auto inputs = prepared(given, create_graph, true);
    vector = vector_of(v, inputs, create_graph);
    outputs = function(inputs);
    grad_outputs = zeros_with_graph(outputs);
    grad_inputs = gradients(outputs, inputs, grad_outputs, /*create_graph=*/true);
  }
  const torch::AutoGradMode mode(create_graph || torch::GradMode::is_enabled());
  const auto product = filled(gradients(grad_inputs, grad_outputs, vector, create_graph), outputs);
  return {finished(outputs, create_graph), finished(product, create_graph)};
}

inline Product vhp(const Function& function, const Tensors& given, const std::optional<Tensors>& v, bool create_graph) {
  Tensors inputs, outputs, vector, jacobian;
  {
    const torch::AutoGradMode enabled(true);
    inputs = prepared(given, create_graph, true);
    vector = vector_of(v, inputs, create_graph);
    outputs = {single_element(function(inputs))};
    jacobian = gradients(outputs, inputs, {}, /*create_graph=*/true);
  }
  const torch::AutoGradMode mode(create_graph || torch::GradMode::is_enabled());
  const auto product = filled(gradients(jacobian, inputs, vector, create_graph), inputs);
  return {finished(outputs, create_graph), finished(product, create_graph)};
}

inline Product hvp(const Function& function, const Tensors& given, const std::optional<Tensors>& v, bool create_graph) {
  Tensors inputs, outputs, vector, grad_jacobian, double_back;
  {
    const torch::AutoGradMode enabled(true);
    inputs = prepared(given, create_graph, true);
    vector = vector_of(v, inputs, create_graph);
    outputs = {single_element(function(inputs))};
    const auto jacobian = gradients(outputs, inputs, {}, /*create_graph=*/true);
    grad_jacobian = zeros_with_graph(inputs);
    double_back = gradients(jacobian, inputs, grad_jacobian, /*create_graph=*/true);
  }
  const torch::AutoGradMode mode(create_graph || torch::GradMode::is_enabled());
  const auto product = filled(gradients(double_back, grad_jacobian, vector, create_graph), inputs);
  return {finished(outputs, create_graph), finished(product, create_graph)};
}

// One row of tensors for each output, one tensor for each input.
inline std::vector<Tensors> jacobian(const Function& function, const Tensors& given, bool create_graph) {
  const torch::AutoGradMode enabled(true);
  const auto inputs = prepared(given, create_graph, true);
  std::vector<Tensors> rows;
  for (const at::Tensor& output : function(inputs)) {
    std::vector<Tensors> columns(inputs.size());
    for (int64_t j = 0; j < output.numel(); ++j) {
      const auto row = filled(gradients({output.reshape({-1})[j]}, inputs, {}, create_graph, true), inputs);
      for (std::size_t i = 0; i < inputs.size(); ++i) columns[i].push_back(row[i]);
    }
    Tensors stacked;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      auto size = output.sizes().vec();
      size.insert(size.end(), inputs[i].sizes().begin(), inputs[i].sizes().end());
      stacked.push_back(at::stack(columns[i], 0).view(size));
    }
    rows.push_back(finished(stacked, create_graph));
  }
  return rows;
}

inline std::vector<Tensors> hessian(const Function& function, const Tensors& inputs, bool create_graph) {
  const Function scalar = [&function](const Tensors& values) {
    return Tensors{single_element(function(values)).squeeze()};
  };
  const Function gradient = [&scalar](const Tensors& values) { return jacobian(scalar, values, true).at(0); };
  return jacobian(gradient, inputs, create_graph);
}

// A vector that may be left out; an undefined tensor is Python's None.
inline std::optional<Tensors> given(const std::optional<at::Tensor>& value) {
  return value && value->defined() ? std::optional(flat(*value)) : std::nullopt;
}
template <class... T>
std::optional<Tensors> given(const std::optional<std::tuple<T...>>& values) {
  return values ? std::optional(flat(*values)) : std::nullopt;
}

}  // namespace derivatives

// The products give the function's output and the product. `Inputs` is a tensor, or a tuple of tensors.
template <class Call, class Inputs>
auto vjp(Call&& function, const Inputs& inputs, const std::optional<at::Tensor>& v = std::nullopt,
         bool create_graph = false) {
  namespace d = derivatives;
  const auto [output, product] = d::vjp(d::of<Inputs>(function), d::flat(inputs), d::given(v), create_graph);
  return std::make_tuple(output.at(0), d::Shape<Inputs>::of(product));
}

template <class Call, class Inputs>
auto jvp(Call&& function, const Inputs& inputs, const std::optional<std::common_type_t<Inputs>>& v = std::nullopt,
         bool create_graph = false) {
  namespace d = derivatives;
  const auto [output, product] = d::jvp(d::of<Inputs>(function), d::flat(inputs), d::given(v), create_graph);
  return std::make_tuple(output.at(0), product.at(0));
}

template <class Call, class Inputs>
auto vhp(Call&& function, const Inputs& inputs, const std::optional<std::common_type_t<Inputs>>& v = std::nullopt,
         bool create_graph = false) {
  namespace d = derivatives;
  const auto [output, product] = d::vhp(d::of<Inputs>(function), d::flat(inputs), d::given(v), create_graph);
  return std::make_tuple(output.at(0), d::Shape<Inputs>::of(product));
}

template <class Call, class Inputs>
auto hvp(Call&& function, const Inputs& inputs, const std::optional<std::common_type_t<Inputs>>& v = std::nullopt,
         bool create_graph = false) {
  namespace d = derivatives;
  const auto [output, product] = d::hvp(d::of<Inputs>(function), d::flat(inputs), d::given(v), create_graph);
  return std::make_tuple(output.at(0), d::Shape<Inputs>::of(product));
}

template <class Call, class Inputs>
Inputs jacobian(Call&& function, const Inputs& inputs, bool create_graph = false) {
  namespace d = derivatives;
  return d::Shape<Inputs>::of(d::jacobian(d::of<Inputs>(function), d::flat(inputs), create_graph).at(0));
}

template <class Call, class Inputs>
auto hessian(Call&& function, const Inputs& inputs, bool create_graph = false) {
  namespace d = derivatives;
  return d::Shape<Inputs>::of(d::hessian(d::of<Inputs>(function), d::flat(inputs), create_graph));
}

}  // namespace py2cpp
