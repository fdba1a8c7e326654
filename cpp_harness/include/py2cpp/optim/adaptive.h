// RMSprop, Adagrad, Adadelta: the operations of torch/optim, in their order.
#pragma once

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

struct RMSpropOptions : Options {
  explicit RMSpropOptions(Number lr_ = 1e-2) {
    lr(lr_).alpha(0.99).eps(1e-8).weight_decay(0).momentum(0).centered(false).maximize(false);
  }
};

class RMSpropImpl : public OptimizerImpl {
 public:
  RMSpropImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    check_not_negative(options.eps(), "epsilon value");
    check_not_negative(options.momentum(), "momentum value");
    check_not_negative(options.weight_decay(), "weight_decay value");
    check_not_negative(options.alpha(), "alpha value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (!state.has("square_avg")) {
      state["square_avg"] = zeros_of(param);
      if (group.momentum() > 0) state["momentum_buffer"] = zeros_of(param);
      if (group.centered()) state["grad_avg"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    state.step += 1;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    param = as_real(param);
    grad = as_real(grad);
    at::Tensor square_avg = as_real(state["square_avg"]);
    scale_(square_avg, group.alpha()).addcmul_(grad, grad, 1 - group.alpha());
    at::Tensor average;
    if (group.centered()) {
      at::Tensor grad_avg = as_real(state.tensors.at("grad_avg"));
      grad_avg.lerp_(grad, 1 - group.alpha());
      average = square_avg.addcmul(grad_avg, grad_avg, -1).sqrt_();
    } else {
      average = square_avg.sqrt();
    }
    average.add_(group.eps());
    if (group.momentum() > 0) {
      at::Tensor buffer = as_real(state.tensors.at("momentum_buffer"));
      scale_(buffer, group.momentum()).addcdiv_(grad, average);
      param.add_(buffer, (-group.rate()).scalar());
    } else {
      param.addcdiv_(grad, average, (-group.rate()).scalar());
    }
  }
};
using RMSprop = OptimizerOf<RMSpropImpl>;

struct AdagradOptions : Options {
  explicit AdagradOptions(Number lr_ = 1e-2) {
    lr(lr_).lr_decay(0).weight_decay(0).initial_accumulator_value(0).eps(1e-10).maximize(false).fused(false);
  }
};

class AdagradImpl : public OptimizerImpl {
 public:
  AdagradImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    check_not_negative(options.lr_decay(), "lr_decay value");
    check_not_negative(options.weight_decay(), "weight_decay value");
    check_not_negative(options.initial_accumulator_value(), "initial_accumulator_value value");
    check_not_negative(options.eps(), "epsilon value");
    check_flags(options);
    for (const auto& group : groups) {
      for (const auto& param : group.params()) start(param, state(param));
    }
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (!state.has("sum")) start(param, state);
    state.step += 1;
    if (group.fused()) {
      update_fused(group, param, grad, state);
      return;
    }
    if (group.maximize()) grad = -grad;
    if (group.weight_decay() != 0) {
      TORCH_CHECK(!grad.is_sparse(), "weight_decay option is not compatible with sparse gradients");
      grad = grad.add(param, group.weight_decay());
    }
    const Number rate = group.rate() / (1 + (state.step - 1) * group.lr_decay());
    if (grad.is_sparse()) {
      update_sparse(group, param, grad.coalesce(), state["sum"], rate);
      return;
    }
    grad = as_real(grad);
    at::Tensor sum = as_real(state["sum"]);
    sum.addcmul_(grad, grad, 1);
    as_real(param).addcdiv_(grad, sum.sqrt().add_(group.eps()), (-rate).scalar());
  }

 private:
  void start(const at::Tensor& param, State& state) {
    const double value = defaults.initial_accumulator_value();
    const at::Scalar first = param.is_complex() ? at::Scalar(c10::complex<double>(value, value)) : at::Scalar(value);
    state["sum"] = at::full_like(param.detach(), first, {}, at::MemoryFormat::Preserve);
  }

  // `fused=True`: one kernel that does it all.
  static void update_fused(const ParamGroup& group, const at::Tensor& param, const at::Tensor& grad, State& state) {
    check_fused(param);
    TORCH_CHECK(!grad.is_sparse(), "`fused` does not support sparse grad or complex param");
    at::_fused_adagrad_({param}, {grad}, {state["sum"]}, {at::scalar_tensor(state.step, at::kFloat)},
                        group.rate().value(), group.lr_decay(), group.weight_decay(), group.eps(), group.maximize());
  }

  static void update_sparse(const ParamGroup& group, at::Tensor param, const at::Tensor& grad, at::Tensor sum,
                            const Number& rate) {
    const at::Tensor indices = grad._indices();
    const at::Tensor values = grad._values();
    sum.add_(at::sparse_coo_tensor(indices, values.pow(2), grad.sizes()));
    const at::Tensor std = sum.sparse_mask(grad)._values().sqrt_().add_(group.eps());
    param.add_(at::sparse_coo_tensor(indices, values / std, grad.sizes()), (-rate).scalar());
  }
};
using Adagrad = OptimizerOf<AdagradImpl>;

struct AdadeltaOptions : Options {
  explicit AdadeltaOptions(Number lr_ = 1.0) { lr(lr_).rho(0.9).eps(1e-6).weight_decay(0).maximize(false); }
};

class AdadeltaImpl : public OptimizerImpl {
 public:
  AdadeltaImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    TORCH_CHECK_VALUE(options.rho() >= 0.0 && options.rho() <= 1.0, "Invalid rho value: ", options.rho());
    check_not_negative(options.eps(), "epsilon value");
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (!state.has("square_avg")) {
      state["square_avg"] = zeros_of(param);
      state["acc_delta"] = zeros_of(param);
    }
    state.step += 1;
    if (group.maximize()) grad = -grad;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    at::Tensor square_avg = as_real(state["square_avg"]);
    at::Tensor acc_delta = as_real(state["acc_delta"]);
    grad = as_real(grad);
    scale_(square_avg, group.rho()).addcmul_(grad, grad, 1 - group.rho());
    const at::Tensor std = square_avg.add(group.eps()).sqrt_();
    at::Tensor delta = acc_delta.add(group.eps()).sqrt_();
    delta.div_(std).mul_(grad);
    scale_(acc_delta, group.rho()).addcmul_(delta, delta, 1 - group.rho());
    if (param.is_complex()) delta = at::view_as_complex(delta);
    param.add_(delta, (-group.rate()).scalar());
  }
};
using Adadelta = OptimizerOf<AdadeltaImpl>;

}  // namespace py2cpp::optim
