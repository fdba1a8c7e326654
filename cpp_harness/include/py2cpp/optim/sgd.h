// SGD, ASGD and Rprop: the operations of torch/optim, in their order.
#pragma once

#include <algorithm>
#include <cmath>

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

struct SGDOptions : Options {
  explicit SGDOptions(double lr_ = 1e-3) {
    lr(lr_).momentum(0).dampening(0).weight_decay(0).nesterov(false).maximize(false);
  }
};

class SGDImpl : public OptimizerImpl {
 public:
  SGDImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.lr(), "learning rate");
    check_not_negative(options.momentum(), "momentum value");
    check_not_negative(options.weight_decay(), "weight_decay value");
    TORCH_CHECK_VALUE(!options.nesterov() || (options.momentum() > 0 && options.dampening() == 0),
                      "Nesterov momentum requires a momentum and zero dampening");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (group.maximize()) grad = -grad;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    if (group.momentum() != 0) {
      at::Tensor& buffer = state["momentum_buffer"];
      if (!buffer.defined()) {
        buffer = grad.detach().clone();
      } else {
        buffer.mul_(group.momentum()).add_(grad, 1 - group.dampening());
      }
      grad = group.nesterov() ? grad.add(buffer, group.momentum()) : buffer;
    }
    param.add_(grad, -group.lr());
  }
};
using SGD = OptimizerOf<SGDImpl>;

struct ASGDOptions : Options {
  explicit ASGDOptions(double lr_ = 1e-2) {
    lr(lr_).lambd(1e-4).alpha(0.75).t0(1e6).weight_decay(0).maximize(false);
  }
};

class ASGDImpl : public OptimizerImpl {
 public:
  ASGDImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.lr(), "learning rate");
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (!state.has("ax")) {
      // Python keeps these in tensors of the default dtype, which rounds them.
      state["eta"] = at::scalar_tensor(group.lr(), at::get_default_dtype());
      state["mu"] = at::ones({}, at::get_default_dtype());
      state["ax"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    grad = as_real(grad);
    param = as_real(param);
    at::Tensor ax = as_real(state["ax"]);
    state.step += 1;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    const double eta = state["eta"].item<double>();
    param.mul_(1 - group.lambd() * eta);
    param.add_(grad, -eta);
    if (state["mu"].item<double>() != 1) {
      ax.add_(param.sub(ax).mul_(state["mu"]));
    } else {
      ax.copy_(param);
    }
    state["eta"].fill_(group.lr() / std::pow(1 + group.lambd() * group.lr() * state.step, group.alpha()));
    state["mu"].fill_(1 / std::max(1.0, state.step - group.t0()));
  }
};
using ASGD = OptimizerOf<ASGDImpl>;

struct RpropOptions : Options {
  explicit RpropOptions(double lr_ = 1e-2) {
    lr(lr_).etas({0.5, 1.2}).step_sizes({1e-6, 50}).maximize(false);
  }
};

class RpropImpl : public OptimizerImpl {
 public:
  RpropImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.lr(), "learning rate");
    const auto [minus, plus] = options.etas();
    TORCH_CHECK_VALUE(0.0 < minus && minus < 1.0 && 1.0 < plus, "Invalid eta values");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [minus, plus] = group.etas();
    const auto [smallest, largest] = group.step_sizes();
    if (!state.has("prev")) {
      state["prev"] = zeros_of(param);
      const double lr = group.lr();
      const at::Scalar first = param.is_complex() ? at::Scalar(c10::complex<double>(lr, lr)) : at::Scalar(lr);
      state["step_size"] = at::full_like(param.grad(), first);
    }
    if (group.maximize()) grad = -grad;
    state.step += 1;
    grad = as_real(grad);
    param = as_real(param);
    at::Tensor previous = as_real(state["prev"]);
    at::Tensor step_size = as_real(state["step_size"]);
    at::Tensor sign = grad.mul(previous).sign();
    sign.index_put_({sign.gt(0)}, at::scalar_tensor(plus, sign.options()));
    sign.index_put_({sign.lt(0)}, at::scalar_tensor(minus, sign.options()));
    sign.index_put_({sign.eq(0)}, at::ones({}, sign.options()));
    step_size.mul_(sign).clamp_(smallest, largest);
    grad = grad.clone(at::MemoryFormat::Preserve);
    grad.index_put_({sign.eq(minus)}, at::zeros({}, grad.options()));
    param.addcmul_(grad.sign(), step_size, -1);
    previous.copy_(grad);
  }
};
using Rprop = OptimizerOf<RpropImpl>;

}  // namespace py2cpp::optim
