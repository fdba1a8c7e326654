// Optimizers whose steps round as Python's do. LibTorch's own Adam and AdamW compute the same with other operations
// (`mul_().add_()` where Python has `lerp_`), which gives other bits.
#pragma once

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include <cmath>
#include <memory>
#include <tuple>

namespace py2cpp {

namespace detail {

template <class State>
State& adam_state(torch::optim::Optimizer& optimizer, const at::Tensor& parameter, bool amsgrad) {
  auto& slot = optimizer.state()[parameter.unsafeGetTensorImpl()];
  if (slot == nullptr) {
    auto made = std::make_unique<State>();
    made->step(0);
    made->exp_avg(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    made->exp_avg_sq(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    if (amsgrad) made->max_exp_avg_sq(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    slot = std::move(made);
  }
  return static_cast<State&>(*slot);
}

// The step of torch/optim/adam.py, `_single_tensor_adam`. Decoupled weight decay is what AdamW has.
template <class Options, class State>
void adam_step(torch::optim::Optimizer& optimizer, at::Tensor parameter, const Options& options, bool decoupled) {
  at::Tensor gradient = parameter.grad();
  auto& state = adam_state<State>(optimizer, parameter, options.amsgrad());
  const double beta1 = std::get<0>(options.betas());
  const double beta2 = std::get<1>(options.betas());
  state.step(state.step() + 1);
  if (options.weight_decay() != 0) {
    if (decoupled) {
      parameter.mul_(1 - options.lr() * options.weight_decay());
    } else {
      gradient = gradient.add(parameter, options.weight_decay());
    }
  }
  state.exp_avg().lerp_(gradient, 1 - beta1);
  state.exp_avg_sq().mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
  const auto step = static_cast<double>(state.step());
  const double step_size = options.lr() / (1 - std::pow(beta1, step));
  // Python's `** 0.5` is pow, which need not round as sqrt does.
  const double correction = std::pow(1 - std::pow(beta2, step), 0.5);
  at::Tensor second_moment = state.exp_avg_sq();
  if (options.amsgrad()) {
    at::maximum_out(state.max_exp_avg_sq(), state.max_exp_avg_sq(), state.exp_avg_sq());
    second_moment = state.max_exp_avg_sq();
  }
  parameter.addcdiv_(state.exp_avg(), (second_moment.sqrt() / correction).add_(options.eps()), -step_size);
}

template <class Options, class State>
at::Tensor adam_steps(torch::optim::Optimizer& optimizer, const torch::optim::Optimizer::LossClosure& closure,
                      bool decoupled) {
  at::Tensor loss;
  if (closure != nullptr) {
    at::AutoGradMode enable_grad(true);
    loss = closure();
  }
  at::NoGradGuard no_grad;
  for (auto& group : optimizer.param_groups()) {
    const auto& options = static_cast<const Options&>(group.options());
    for (const auto& parameter : group.params()) {
      if (parameter.grad().defined()) adam_step<Options, State>(optimizer, parameter, options, decoupled);
    }
  }
  return loss;
}

}  // namespace detail

class Adam : public torch::optim::Adam {
 public:
  using torch::optim::Adam::Adam;
  at::Tensor step(LossClosure closure = nullptr) override {
    return detail::adam_steps<torch::optim::AdamOptions, torch::optim::AdamParamState>(*this, closure, false);
  }
};

class AdamW : public torch::optim::AdamW {
 public:
  using torch::optim::AdamW::AdamW;
  at::Tensor step(LossClosure closure = nullptr) override {
    return detail::adam_steps<torch::optim::AdamWOptions, torch::optim::AdamWParamState>(*this, closure, true);
  }
};

}  // namespace py2cpp
