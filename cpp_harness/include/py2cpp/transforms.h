// torch.func: functions that differentiate functions, by the levels of LibTorch's functorch, which Python's use too.
// The places of the arguments that are differentiated are those of the template; none: the first.
#pragma once

#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "py2cpp/derivatives.h"
#include "py2cpp/dual_rules.h"
#include "py2cpp/forward_ad.h"
#include "py2cpp/tree.h"
#include "py2cpp/vmap.h"

namespace py2cpp {

namespace detail {

// A level that records operations of its own, and what tensors are at it.
class Level {
 public:
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { at::functorch::popDynamicLayerAndDeleteMetadata(); }

  template <class T>
  T wrapped(const T& tree) const {
    return tree_map(tree, [this](const at::Tensor& leaf) {
      return leaf.defined() ? at::functorch::makeTensorWrapper(leaf, level_) : leaf;
    });
  }
  template <class T>
  T unwrapped(const T& tree) const {
    return tree_map(tree, [this](const at::Tensor& leaf) {
      const auto* wrapper = leaf.defined() ? at::functorch::maybeGetTensorWrapper(leaf) : nullptr;
      return wrapper != nullptr && wrapper->level() == level_ ? wrapper->value() : leaf;
    });
  }

 protected:
  explicit Level(int64_t level) : level_(level) {}

 private:
  int64_t level_;
};

// Gradients are recorded at the level, whether or not they are outside of it.
class GradLevel : public Level {
 public:
  GradLevel() : Level(entered(at::GradMode::is_enabled())) {}

 private:
  static int64_t entered(bool outside) {
    return at::functorch::initAndPushDynamicLayer(at::functorch::TransformType::Grad, std::nullopt, std::nullopt, outside);
  }
};

// All levels of forward mode share LibTorch's one level of dual numbers.
class JvpLevel : public Level {
 public:
  JvpLevel() : Level(entered()), enabled_(true) {
    dual::ensure_registered();
    if (depth_++ == 0) duals_.emplace();
  }
  ~JvpLevel() { --depth_; }

 private:
  static int64_t entered() {
    const bool outside = c10::AutogradState::get_tls_state().get_fw_grad_mode();
    return at::functorch::initAndPushDynamicLayer(at::functorch::TransformType::Jvp, std::nullopt, std::nullopt,
                                                  std::nullopt, outside);
  }
  inline static thread_local int depth_ = 0;
  c10::AutoFwGradMode enabled_;
  std::optional<DualLevel> duals_;
};

template <class T>
void require_gradients(const T& tree) {
  tree_map(tree, [](const at::Tensor& leaf) { return leaf.requires_grad_(); });
}

inline Leaves pulled_back(const Leaves& outputs, const Leaves& inputs, const Leaves& cotangents, bool retain_graph,
                          bool create_graph) {
  const auto found = derivatives::gradients(outputs, inputs, cotangents, create_graph, retain_graph);
  return derivatives::filled(found, inputs);
}

// A function's value and what else it gives, of which nothing is differentiated.
template <bool has_aux, class Given>
auto value_of(const Given& given) {
  if constexpr (has_aux) return std::get<0>(given);
  else return given;
}
template <bool has_aux, class Given>
auto aux_of(const Given& given) {
  if constexpr (has_aux) return std::get<1>(given);
  else return std::tuple<>();
}
// Chooses all arguments.
struct All {
  template <class T>
  T operator()(const T& inputs) const {
    return inputs;
  }
};

inline void check_real(const char* transform, const char* what, const Leaves& leaves) {
  for (const auto& leaf : leaves) TORCH_CHECK(!leaf.is_complex(), transform, ": Expected all ", what, " to be real");
}

// The value, the gradients and what else the function gives.
template <bool has_aux, std::size_t... Place, class F, class... A>
auto gradients(F& function, const A&... arguments) {
  const GradLevel level;
  const at::AutoGradMode enabled(true);
  const auto inputs = level.wrapped(std::tuple<A...>(arguments...));
  const auto chosen = picked<Place...>(inputs);
  require_gradients(chosen);
  const auto given = std::apply(function, inputs);
  const at::Tensor value = value_of<has_aux>(given);
  TORCH_CHECK(value.dim() == 0, "Expected f(*args) to return a scalar Tensor, got tensor with ", value.dim(), " dims");
  const auto found = pulled_back({value}, leaves(chosen), {}, /*retain_graph=*/false, /*create_graph=*/true);
  return std::make_tuple(level.unwrapped(value), level.unwrapped(rebuilt(chosen, found)),
                         level.unwrapped(aux_of<has_aux>(given)));
}

// The graph of a function that has been called, from its value back to its inputs.
template <class Output, class Inputs>
struct Pullback {
  Output output;
  Inputs inputs;
  Inputs operator()(const Output& cotangents) const {
    const bool create_graph = at::GradMode::is_enabled();
    const auto found = pulled_back(leaves(output), leaves(inputs), leaves(cotangents), /*retain_graph=*/true, create_graph);
    return rebuilt(inputs, found);
  }
};

// The value, its pullback and what else the function gives; `pick` chooses what is differentiated.
template <bool has_aux, class F, class Pick, class... A>
auto pullback(F& function, const Pick& pick, const A&... arguments) {
  const GradLevel level;
  const at::AutoGradMode enabled(true);
  const auto inputs = level.wrapped(std::tuple<A...>(arguments...));
  const auto chosen = pick(inputs);
  require_gradients(chosen);
  const auto given = std::apply(function, inputs);
  const auto output = value_of<has_aux>(given);
  for (const auto& leaf : leaves(output)) {
    TORCH_CHECK(leaf.is_floating_point() || leaf.is_complex(),
                "vjp(f, ...): All outputs of f must be floating-point or complex Tensors");
  }
  using Back = Pullback<std::decay_t<decltype(output)>, std::decay_t<decltype(chosen)>>;
  return std::make_tuple(level.unwrapped(output), Back{output, chosen}, level.unwrapped(aux_of<has_aux>(given)));
}

// The arguments with other values at some places.
template <std::size_t... Place, class Arguments, class Chosen>
Arguments replaced(Arguments arguments, const Chosen& chosen) {
  if constexpr (sizeof...(Place) == 0) std::get<0>(arguments) = chosen;
  else if constexpr (sizeof...(Place) == 1) std::get<(Place + ... + 0)>(arguments) = chosen;
  else std::tie(std::get<Place>(arguments)...) = chosen;
  return arguments;
}

template <class T>
T duals(const T& primals, const T& tangents) {
  const auto given = leaves(tangents);
  std::size_t next = 0;
  return tree_map(primals, [&](const at::Tensor& leaf) { return make_dual(leaf, given.at(next++)); });
}

// What a function gives for dual numbers: the value, its tangent and what else it gives.
template <bool has_aux, class F, class Inputs>
auto pushed_forward(const JvpLevel& level, F& function, const Inputs& inputs) {
  const auto given = std::apply(function, inputs);
  const auto output = value_of<has_aux>(given);
  Leaves primals, tangents;
  for (const auto& leaf : leaves(output)) {
    const auto [primal, tangent] = unpack_dual(leaf);
    primals.push_back(primal);
    tangents.push_back(tangent.defined() ? tangent : at::zeros_like(primal));
  }
  return std::make_tuple(level.unwrapped(rebuilt(output, primals)), level.unwrapped(rebuilt(output, tangents)),
                         level.unwrapped(aux_of<has_aux>(given)));
}

// One direction for each element of the tensors.
inline Leaves basis(const Leaves& tensors, const std::vector<int64_t>& counts) {
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  Leaves made;
  int64_t start = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    auto directions = tensors[i].new_zeros({total, counts[i]});
    made.push_back(directions);
    directions.diagonal(start).fill_(1);
    start -= counts[i];
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::vector<int64_t> sizes{total};
    sizes.insert(sizes.end(), tensors[i].sizes().begin(), tensors[i].sizes().end());
    made[i] = made[i].view(sizes);
  }
  return made;
}
inline std::vector<int64_t> counts_of(const Leaves& tensors) {
  std::vector<int64_t> counts;
  for (const auto& tensor : tensors) counts.push_back(tensor.numel());
  return counts;
}

// The rows of a Jacobian for each tensor of the value, and what else the function gives.
template <bool has_aux, std::size_t... Place, class F, class... A>
auto jacobian(F& function, const A&... arguments) {
  const auto primals = picked<Place...>(std::tuple<A...>(arguments...));
  check_real("jacrev", "inputs", leaves(std::tuple<A...>(arguments...)));
  const auto pick = [](const auto& inputs) { return picked<Place...>(inputs); };
  const auto [output, back, aux] = pullback<has_aux>(function, pick, arguments...);
  const auto outputs = leaves(output), inputs = leaves(primals);
  check_real("jacrev", "outputs", outputs);
  const auto counts = counts_of(outputs);
  const auto directions = rebuilt(output, basis(outputs, counts));
  std::vector<std::vector<at::Tensor>> parts;
  for (const auto& rows : leaves(Vmap()(back, directions))) parts.push_back(at::split_with_sizes(rows, counts, 0));
  std::size_t row = 0;
  const auto jacobian = tree_map(output, [&](const at::Tensor& leaf) {
    Leaves made;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      auto sizes = leaf.sizes().vec();
      sizes.insert(sizes.end(), inputs[i].sizes().begin(), inputs[i].sizes().end());
      made.push_back(parts[i].at(row).view(sizes));
    }
    ++row;
    return rebuilt(primals, made);
  });
  return std::make_tuple(jacobian, aux);
}

}  // namespace detail

namespace func {

// grad(f)(x); `..._with_aux`: f gives its value and something else, which comes last.
template <std::size_t... Place, class F, class... A>
auto grad(F&& function, const A&... arguments) {
  return std::get<1>(detail::gradients<false, Place...>(function, arguments...));
}
template <std::size_t... Place, class F, class... A>
auto grad_with_aux(F&& function, const A&... arguments) {
  const auto [value, gradients, aux] = detail::gradients<true, Place...>(function, arguments...);
  return std::make_tuple(gradients, aux);
}
template <std::size_t... Place, class F, class... A>
auto grad_and_value(F&& function, const A&... arguments) {
  const auto [value, gradients, aux] = detail::gradients<false, Place...>(function, arguments...);
  return std::make_tuple(gradients, value);
}
template <std::size_t... Place, class F, class... A>
auto grad_and_value_with_aux(F&& function, const A&... arguments) {
  const auto [value, gradients, aux] = detail::gradients<true, Place...>(function, arguments...);
  return std::make_tuple(gradients, std::make_tuple(value, aux));
}

// vjp(f, x, y): the value, and the function that takes its cotangents to those of x and y.
template <class F, class... A>
auto vjp(F&& function, const A&... primals) {
  const auto [output, back, aux] = detail::pullback<false>(function, detail::All(), primals...);
  using Output = std::decay_t<decltype(output)>;
  return std::make_tuple(output, std::function<std::tuple<A...>(Output)>(back));
}
template <class F, class... A>
auto vjp_with_aux(F&& function, const A&... primals) {
  const auto [output, back, aux] = detail::pullback<true>(function, detail::All(), primals...);
  using Output = std::decay_t<decltype(output)>;
  return std::make_tuple(output, std::function<std::tuple<A...>(Output)>(back), aux);
}

// jvp(f, (x, y), (u, v)): the value, and its derivative along u and v.
template <class F, class Primals>
auto jvp(F&& function, const Primals& primals, const Primals& tangents) {
  const detail::JvpLevel level;
  const auto [output, tangent, aux] =
      detail::pushed_forward<false>(level, function, detail::duals(primals, tangents));
  return std::make_tuple(output, tangent);
}
template <class F, class Primals>
auto jvp_with_aux(F&& function, const Primals& primals, const Primals& tangents) {
  const detail::JvpLevel level;
  return detail::pushed_forward<true>(level, function, detail::duals(primals, tangents));
}

// jacrev(f)(x): rows by reverse mode, for each tensor of the value.
template <std::size_t... Place, class F, class... A>
auto jacrev(F&& function, const A&... arguments) {
  return std::get<0>(detail::jacobian<false, Place...>(function, arguments...));
}
template <std::size_t... Place, class F, class... A>
auto jacrev_with_aux(F&& function, const A&... arguments) {
  return detail::jacobian<true, Place...>(function, arguments...);
}

// jacfwd(f)(x): columns by forward mode, for each tensor of the value.
template <std::size_t... Place, class F, class... A>
auto jacfwd(F&& function, const A&... arguments) {
  const std::tuple<A...> all(arguments...);
  const auto primals = picked<Place...>(all);
  detail::check_real("jacfwd", "inputs", leaves(all));
  const auto inputs = leaves(primals);
  const auto counts = detail::counts_of(inputs);
  using Chosen = std::decay_t<decltype(primals)>;
  const auto along = [&](const Chosen& directions) {
    const detail::JvpLevel level;
    const auto duals = detail::duals(primals, directions);
    const auto [output, tangent, aux] =
        detail::pushed_forward<false>(level, function, detail::replaced<Place...>(level.wrapped(all), duals));
    detail::check_real("jacfwd", "outputs", leaves(output));
    return tangent;
  };
  const auto columns = Vmap()(along, rebuilt(primals, detail::basis(inputs, counts)));
  return tree_map(columns, [&](const at::Tensor& leaf) {
    const auto parts = at::split_with_sizes(leaf.movedim(0, -1), counts, -1);
    Leaves made;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      made.push_back(inputs[i].dim() == 0 ? parts[i].squeeze(-1) : parts[i].unflatten(-1, inputs[i].sizes()));
    }
    return rebuilt(primals, made);
  });
}

// hessian(f)(x)
template <std::size_t... Place, class F, class... A>
auto hessian(F&& function, const A&... arguments) {
  return jacfwd<Place...>([&](const A&... given) { return jacrev<Place...>(function, given...); }, arguments...);
}

}  // namespace func

}  // namespace py2cpp
