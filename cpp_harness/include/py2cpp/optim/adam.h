// Adam and its kin: the operations of torch/optim, in their order.
#pragma once

#include <cmath>

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

inline void check_adam(const Options& options) {
  check_not_negative(options.held_rate(), "learning rate");
  check_not_negative(options.eps(), "epsilon value");
  check_betas(options.betas());
}

struct AdamOptions : Options {
  explicit AdamOptions(Number lr_ = 1e-3) {
    lr(lr_).betas({0.9, 0.999}).eps(1e-8).weight_decay(0).amsgrad(false).maximize(false);
    decoupled_weight_decay(false).fused(false);
  }
};

struct AdamWOptions : AdamOptions {
  explicit AdamWOptions(Number lr_ = 1e-3) : AdamOptions(lr_) { weight_decay(1e-2).decoupled_weight_decay(true); }
};

class AdamImpl : public OptimizerImpl {
 public:
  AdamImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    TORCH_CHECK_VALUE(!is_refused(options.values()), kRefused);
    check_adam(options);
    check_not_negative(options.weight_decay(), "weight_decay value");
    check_flags(options);
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [beta1, beta2] = group.betas();
    TORCH_CHECK(!is_refused(group.values()), kRefused);
    start(group, param, state);
    if (group.fused()) {
      update_fused(group, param, grad, state);
      return;
    }
    if (group.maximize()) grad = -grad;
    state.step += 1;
    if (group.weight_decay() != 0) {
      if (group.decoupled_weight_decay()) {
        multiply(param, 1.0 - group.rate() * group.weight_decay());
      } else {
        grad = grad.add(param, group.weight_decay());
      }
    }
    grad = as_real(grad);
    param = as_real(param);
    at::Tensor exp_avg = as_real(state["exp_avg"]);
    at::Tensor exp_avg_sq = as_real(state["exp_avg_sq"]);
    exp_avg.lerp_(grad, 1 - beta1);
    scale_(exp_avg_sq, beta2).addcmul_(grad, grad, 1 - beta2);
    const Number step_size = group.rate() / (1 - std::pow(beta1, state.step));
    // Python's `** 0.5` is pow, which need not round as sqrt does.
    const double correction = std::pow(1 - std::pow(beta2, state.step), 0.5);
    at::Tensor second_moment = exp_avg_sq;
    if (group.amsgrad()) {
      second_moment = as_real(state.tensors.at("max_exp_avg_sq"));
      at::maximum_out(second_moment, second_moment, exp_avg_sq);
    }
    param.addcdiv_(exp_avg, (second_moment.sqrt() / correction).add_(group.eps()), (-step_size).scalar());
  }

 private:
  // Python refuses to take a tensor with `foreach=True`.
  static constexpr auto kRefused = "lr as a Tensor is not supported for capturable=False and foreach=True";
  static bool is_refused(const Values& values) { return values.foreach.value_or(false) && values.lr->is_tensor(); }
  static void start(const ParamGroup& group, const at::Tensor& param, State& state) {
    if (state.has("exp_avg")) return;
    state["exp_avg"] = zeros_of(param);
    state["exp_avg_sq"] = zeros_of(param);
    if (group.amsgrad()) state["max_exp_avg_sq"] = zeros_of(param);
  }

  // `fused=True`: one kernel that does it all.
  static void update_fused(const ParamGroup& group, const at::Tensor& param, const at::Tensor& grad, State& state) {
    const auto [beta1, beta2] = group.betas();
    state.step += 1;
    std::vector<at::Tensor> maxima;
    if (group.amsgrad()) maxima.push_back(state.tensors.at("max_exp_avg_sq"));
    const at::Tensor step = at::scalar_tensor(state.step, at::kFloat);
    const auto kernel = group.decoupled_weight_decay() ? fused_adamw : fused_adam;
    kernel(param, grad, state["exp_avg"], state["exp_avg_sq"], maxima, step, group, beta1, beta2);
  }
  static void fused_adam(const at::Tensor& param, const at::Tensor& grad, const at::Tensor& exp_avg,
                         const at::Tensor& exp_avg_sq, const std::vector<at::Tensor>& maxima, const at::Tensor& step,
                         const ParamGroup& group, double beta1, double beta2) {
    at::_fused_adam_({param}, {grad}, {exp_avg}, {exp_avg_sq}, maxima, {step}, group.rate().value(), beta1, beta2,
                     group.weight_decay(), group.eps(), group.amsgrad(), group.maximize());
  }
  static void fused_adamw(const at::Tensor& param, const at::Tensor& grad, const at::Tensor& exp_avg,
                          const at::Tensor& exp_avg_sq, const std::vector<at::Tensor>& maxima, const at::Tensor& step,
                          const ParamGroup& group, double beta1, double beta2) {
    at::_fused_adamw_({param}, {grad}, {exp_avg}, {exp_avg_sq}, maxima, {step}, group.rate().value(), beta1, beta2,
                      group.weight_decay(), group.eps(), group.amsgrad(), group.maximize());
  }
};
using Adam = OptimizerOf<AdamImpl>;
using AdamW = OptimizerOf<AdamImpl>;

struct AdamaxOptions : Options {
  explicit AdamaxOptions(Number lr_ = 2e-3) {
    lr(lr_).betas({0.9, 0.999}).eps(1e-8).weight_decay(0).maximize(false).foreach(false);
  }
};

class AdamaxImpl : public OptimizerImpl {
 public:
  AdamaxImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_adam(options);
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [beta1, beta2] = group.betas();
    if (!state.has("exp_avg")) {
      state["exp_avg"] = zeros_of(param);
      state["exp_inf"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    state.step += 1;
    if (group.weight_decay() != 0) grad = grad.add(param, group.weight_decay());
    param = as_real(param);
    grad = as_real(grad);
    at::Tensor exp_avg = as_real(state["exp_avg"]);
    at::Tensor exp_inf = as_real(state["exp_inf"]);
    exp_avg.lerp_(grad, 1 - beta1);
    scale_(exp_inf, beta2);
    at::maximum_out(exp_inf, exp_inf, grad.abs().add_(group.eps()));
    // `foreach=True` reads a tensor's number first.
    const Number lr = group.foreach() ? Number(group.rate().value()) : group.rate();
    param.addcdiv_(exp_avg, exp_inf, (-(lr / (1 - std::pow(beta1, state.step)))).scalar());
  }
};
using Adamax = OptimizerOf<AdamaxImpl>;

struct NAdamOptions : Options {
  explicit NAdamOptions(Number lr_ = 2e-3) {
    lr(lr_).betas({0.9, 0.999}).eps(1e-8).weight_decay(0).momentum_decay(4e-3);
    decoupled_weight_decay(false).maximize(false).foreach(false);
  }
};

class NAdamImpl : public OptimizerImpl {
 public:
  NAdamImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_adam(options);
    check_not_negative(options.weight_decay(), "weight_decay value");
    check_not_negative(options.momentum_decay(), "momentum_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [beta1, beta2] = group.betas();
    const Number lr = group.rate();
    if (!state.has("exp_avg")) {
      // Python keeps the product in a tensor of the default dtype, which rounds it.
      state["mu_product"] = at::ones({}, at::get_default_dtype());
      state["exp_avg"] = zeros_of(param);
      state["exp_avg_sq"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    param = as_real(param);
    grad = as_real(grad);
    at::Tensor exp_avg = as_real(state["exp_avg"]);
    at::Tensor exp_avg_sq = as_real(state["exp_avg_sq"]);
    state.step += 1;
    const double correction = 1 - std::pow(beta2, state.step);
    if (group.weight_decay() != 0) {
      if (group.decoupled_weight_decay()) {
        multiply(param, 1.0 - lr * group.weight_decay());
      } else {
        grad = grad.add(param, group.weight_decay());
      }
    }
    const double mu = beta1 * (1.0 - 0.5 * std::pow(0.96, state.step * group.momentum_decay()));
    const double mu_next = beta1 * (1.0 - 0.5 * std::pow(0.96, (state.step + 1) * group.momentum_decay()));
    state["mu_product"].mul_(mu);
    exp_avg.lerp_(grad, 1 - beta1);
    scale_(exp_avg_sq, beta2).addcmul_(grad, grad, 1 - beta2);
    const at::Tensor denominator = group.foreach() ? exp_avg_sq.sqrt().div_(std::pow(correction, 0.5))
                                                   : exp_avg_sq.div(correction).sqrt();
    const double mu_product = state["mu_product"].item<double>();
    denominator.add_(group.eps());
    // `foreach=True` reads a tensor's number first.
    const Number rate = group.foreach() ? Number(lr.value()) : lr;
    param.addcdiv_(grad, denominator, (-rate * (1.0 - mu) / (1.0 - mu_product)).scalar());
    param.addcdiv_(exp_avg, denominator, (-rate * mu_next / (1.0 - mu_product * mu_next)).scalar());
  }
};
using NAdam = OptimizerOf<NAdamImpl>;

struct RAdamOptions : Options {
  explicit RAdamOptions(Number lr_ = 1e-3) {
    lr(lr_).betas({0.9, 0.999}).eps(1e-8).weight_decay(0).decoupled_weight_decay(false).maximize(false);
    foreach(false);
  }
};

class RAdamImpl : public OptimizerImpl {
 public:
  RAdamImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_adam(options);
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [beta1, beta2] = group.betas();
    const Number lr = group.rate();
    if (!state.has("exp_avg")) {
      state["exp_avg"] = zeros_of(param);
      state["exp_avg_sq"] = zeros_of(param);
    }
    if (group.maximize()) grad = -grad;
    param = as_real(param);
    grad = as_real(grad);
    at::Tensor exp_avg = as_real(state["exp_avg"]);
    at::Tensor exp_avg_sq = as_real(state["exp_avg_sq"]);
    state.step += 1;
    const double step = state.step;
    if (group.weight_decay() != 0) {
      if (group.decoupled_weight_decay()) {
        multiply(param, 1.0 - lr * group.weight_decay());
      } else {
        grad = grad.add(param, group.weight_decay());
      }
    }
    exp_avg.lerp_(grad, 1 - beta1);
    scale_(exp_avg_sq, beta2).addcmul_(grad, grad, 1 - beta2);
    const double correction1 = 1 - std::pow(beta1, step);
    const double correction2 = 1 - std::pow(beta2, step);
    const double rho_inf = 2 / (1 - beta2) - 1;
    const double rho_t = rho_inf - 2 * step * std::pow(beta2, step) / correction2;
    const double rectified =
        rho_t > 5.0 ? std::pow((rho_t - 4) * (rho_t - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho_t), 0.5) : 0.0;
    if (group.foreach()) {
      const Number rate = std::pow(correction2, 0.5) * (lr * rectified / correction1) * -1.0;
      at::Tensor buffer = exp_avg_sq.sqrt().add_(group.eps());
      divide(buffer, rate);
      buffer.reciprocal_();
      increase(buffer, lr * (rectified > 0 ? 0.0 : 1.0) / correction1 * -1.0);
      param.addcmul_(exp_avg, buffer);
      return;
    }
    const at::Tensor corrected = exp_avg / correction1;
    if (rho_t > 5.0) {
      // A number divided by a tensor is Python's reciprocal and product.
      const at::Tensor rate = exp_avg_sq.sqrt().add_(group.eps()).reciprocal() * std::pow(correction2, 0.5);
      param.add_(times(corrected, lr) * rate * rectified, -1.0);
    } else {
      param.add_(times(corrected, lr), -1.0);
    }
  }
};
using RAdam = OptimizerOf<RAdamImpl>;

struct SparseAdamOptions : Options {
  explicit SparseAdamOptions(Number lr_ = 1e-3) { lr(lr_).betas({0.9, 0.999}).eps(1e-8).maximize(false); }
};

class SparseAdamImpl : public OptimizerImpl {
 public:
  SparseAdamImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_one_element(options.held_rate());
    TORCH_CHECK_VALUE(options.held_rate() > 0.0, "Invalid learning rate");
    TORCH_CHECK_VALUE(options.eps() > 0.0, "Invalid epsilon value: ", options.eps());
    check_betas(options.betas());
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    const auto [beta1, beta2] = group.betas();
    TORCH_CHECK(grad.is_sparse(), "SparseAdam does not support dense gradients, please consider Adam instead");
    if (!state.has("exp_avg")) {
      state["exp_avg"] = zeros_of(param);
      state["exp_avg_sq"] = zeros_of(param);
    }
    state.step += 1;
    if (group.maximize()) grad = -grad;
    grad = grad.coalesce();
    const at::Tensor values = grad._values();
    if (values.numel() == 0) return;
    const auto sparse = [&grad](const at::Tensor& held) {
      return at::sparse_coo_tensor(grad._indices(), held, grad.sizes());
    };
    const at::Tensor old_avg = state["exp_avg"].sparse_mask(grad)._values();
    at::Tensor avg_update = scale_(values.sub(old_avg), 1 - beta1);
    state["exp_avg"].add_(sparse(avg_update));
    const at::Tensor old_avg_sq = state["exp_avg_sq"].sparse_mask(grad)._values();
    at::Tensor avg_sq_update = scale_(values.pow(2).sub_(old_avg_sq), 1 - beta2);
    state["exp_avg_sq"].add_(sparse(avg_sq_update));
    const at::Tensor numerator = avg_update.add_(old_avg);
    const at::Tensor denominator = avg_sq_update.add_(old_avg_sq).sqrt_().add_(group.eps());
    const double correction1 = 1 - std::pow(beta1, state.step);
    const double correction2 = 1 - std::pow(beta2, state.step);
    const Number step_size = group.rate() * std::sqrt(correction2) / correction1;
    param.add_(sparse(times(numerator.div_(denominator), -step_size)));
  }
};
using SparseAdam = OptimizerOf<SparseAdamImpl>;

}  // namespace py2cpp::optim
