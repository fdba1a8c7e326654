// SGD, ASGD and Rprop: the operations of torch/optim, in their order.
#pragma once

#include <algorithm>
#include <cmath>

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

struct SGDOptions : Options {
  explicit SGDOptions(Number lr_ = 1e-3) {
    lr(lr_).momentum(0).dampening(0).weight_decay(0).nesterov(false).maximize(false).fused(false);
  }
};

class SGDImpl : public OptimizerImpl {
 public:
  SGDImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    check_not_negative(options.momentum(), "momentum value");
    check_not_negative(options.weight_decay(), "weight_decay value");
    TORCH_CHECK_VALUE(!options.nesterov() || (options.momentum() > 0 && options.dampening() == 0),
                      "Nesterov momentum requires a momentum and zero dampening");
    check_flags(options);
  }

 protected:
  void update_group(const ParamGroup& group) override {
    if (group.fused()) {
      update_fused(group);
    } else {
      OptimizerImpl::update_group(group);
    }
  }

  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (group.maximize()) grad = -grad;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    if (group.momentum() != 0) {
      at::Tensor& buffer = state["momentum_buffer"];
      if (!buffer.defined()) {
        buffer = grad.detach().clone();
      } else {
        scale_(buffer, group.momentum()).add_(grad, 1 - group.dampening());
      }
      grad = group.nesterov() ? grad.add(buffer, group.momentum()) : buffer;
    }
    param.add_(grad, (-group.rate()).scalar());
  }

 private:
  // `fused=True`: one kernel that does it all; the first step fills the buffers.
  void update_fused(const ParamGroup& group) {
    std::vector<at::Tensor> params, grads, buffers;
    for (const at::Tensor& param : group.params()) {
      if (!param.grad().defined()) continue;
      check_fused(param);
      TORCH_CHECK(!param.grad().is_sparse(), "`_fused_sgd` does not support sparse gradients");
      params.push_back(param);
      grads.push_back(param.grad());
    }
    if (params.empty()) return;
    const bool is_first = group.momentum() != 0 && fused_buffers(params, grads, buffers);
    for (size_t i = 0; i < params.size(); ++i) {
      at::_fused_sgd_({params[i]}, {grads[i]}, buffers.empty() ? at::TensorList() : at::TensorList(buffers[i]),
                      group.weight_decay(), group.momentum(), group.rate().value(), group.dampening(), group.nesterov(),
                      group.maximize(), is_first);
    }
  }

  // The buffers of the parameters; whether all are new.
  bool fused_buffers(const std::vector<at::Tensor>& params, const std::vector<at::Tensor>& grads,
                     std::vector<at::Tensor>& buffers) {
    size_t made = 0;
    for (size_t i = 0; i < params.size(); ++i) {
      at::Tensor& buffer = state(params[i])["momentum_buffer"];
      if (!buffer.defined()) {
        buffer = at::empty_like(grads[i]);
        ++made;
      }
      buffers.push_back(buffer);
    }
    TORCH_CHECK(made == 0 || made == params.size(), "TypeError: a fused step does not take new parameters among old ones");
    return made > 0;
  }
};
using SGD = OptimizerOf<SGDImpl>;

struct ASGDOptions : Options {
  explicit ASGDOptions(Number lr_ = 1e-2) {
    lr(lr_).lambd(1e-4).alpha(0.75).t0(1e6).weight_decay(0).maximize(false).foreach(false);
  }
};

class ASGDImpl : public OptimizerImpl {
 public:
  ASGDImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (!state.has("ax")) {
      // Python keeps these in tensors of the default dtype, which rounds them.
      state["eta"] = at::scalar_tensor(group.rate().scalar(), at::get_default_dtype());
      state["mu"] = at::ones({}, at::get_default_dtype());
      state["ax"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    grad = as_real(grad);
    param = as_real(param);
    at::Tensor ax = as_real(state["ax"]);
    state.step += 1;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    if (group.foreach()) {
      update_foreach(group, param, grad, ax, state);
      return;
    }
    const double eta = state["eta"].item<double>();
    scale_(param, 1 - group.lambd() * eta);
    param.add_(grad, -eta);
    if (state["mu"].item<double>() != 1) {
      ax.add_(param.sub(ax).mul_(state["mu"]));
    } else {
      ax.copy_(param);
    }
    const Number lr = group.rate();
    fill(state["eta"], lr / power(1.0 + group.lambd() * lr * state.step, group.alpha()));
    state["mu"].fill_(1 / std::max(1.0, state.step - group.t0()));
  }

 private:
  // The formulas of `foreach=True`.
  static void update_foreach(const ParamGroup& group, at::Tensor param, const at::Tensor& grad, at::Tensor ax,
                             State& state) {
    param.addcmul_(grad.add(param, group.lambd()), state["eta"], -1);
    ax.addcmul_(param.sub(ax), state["mu"]);
    const Number lr = group.rate();
    fill(state["eta"], lr / power(1.0 + group.lambd() * lr * Number(step_tensor(state)), group.alpha()));
    state["mu"].fill_(1 / std::max(1.0, state.step - group.t0()));
  }
};
using ASGD = OptimizerOf<ASGDImpl>;

struct RpropOptions : Options {
  explicit RpropOptions(Number lr_ = 1e-2) {
    lr(lr_).etas({0.5, 1.2}).step_sizes({1e-6, 50}).maximize(false);
  }
};

class RpropImpl : public OptimizerImpl {
 public:
  RpropImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    const auto [minus, plus] = options.etas();
    TORCH_CHECK_VALUE(0.0 < minus && minus < 1.0 && 1.0 < plus, "Invalid eta values");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [minus, plus] = group.etas();
    const auto [smallest, largest] = group.step_sizes();
    if (!state.has("prev")) {
      state["prev"] = zeros_of(param);
      const double lr = group.rate().value();
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
