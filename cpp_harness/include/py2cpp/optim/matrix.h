// Adafactor and Muon, which look at parameters as matrices: the operations of torch/optim, in their order.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

struct AdafactorOptions : Options {
  explicit AdafactorOptions(Number lr_ = 1e-2) {
    lr(lr_).beta2_decay(-0.8).adafactor_eps({std::nullopt, 1e-3}).d(1.0).weight_decay(0.0).maximize(false);
    foreach(false);
  }
};

class AdafactorImpl : public OptimizerImpl {
 public:
  AdafactorImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    TORCH_CHECK_VALUE(options.beta2_decay() <= 0.0, "beta2_decay should be <= 0 but is: ", options.beta2_decay());
    TORCH_CHECK_VALUE(options.d() >= 1.0, "Clipping threshold d should be >= 1 but is: ", options.d());
    check_not_negative(options.weight_decay(), "weight_decay value");
  }

 protected:
  void update_group(const ParamGroup& group) override {
    eps1_ = std::get<0>(group.adafactor_eps());
    OptimizerImpl::update_group(group);
  }

  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    if (group.maximize()) grad = -grad;
    // As in Python, the first parameter of the group decides for all.
    if (!eps1_) eps1_ = epsilon(param.scalar_type());
    const double eps1 = *eps1_;
    const double eps2 = std::get<1>(group.adafactor_eps());
    state.step += 1;
    const double one_minus_beta2 = std::pow(state.step, group.beta2_decay());
    const Number rho = least(group.rate(), 1 / std::pow(state.step, 0.5));
    const Number alpha = std::max(eps2, norm(param).item<double>() / root_of_size(param)) * rho;
    if (group.weight_decay() != 0) multiply(param, 1.0 - group.rate() * group.weight_decay());
    at::Tensor estimate = grad.dim() > 1 ? factored(grad, state, one_minus_beta2, eps1)
                                         : plain(grad, state, one_minus_beta2);
    at::Tensor change = estimate.clamp_min_(eps1 * eps1).rsqrt_();
    change.mul_(grad);
    const double denominator = std::max(1.0, norm(change).item<double>() / (root_of_size(change) * group.d()));
    if (group.foreach()) {
      multiply(change, -alpha / denominator);
      param.add_(change);
    } else {
      param.add_(change, (-alpha / denominator).scalar());
    }
  }

 private:
  static at::Tensor norm(const at::Tensor& tensor) { return at::linalg_vector_norm(tensor, 2); }
  static double root_of_size(const at::Tensor& tensor) { return std::pow(static_cast<double>(tensor.numel()), 0.5); }

  static double epsilon(at::ScalarType dtype) {
    switch (dtype) {
      case at::kDouble:
        return std::numeric_limits<double>::epsilon();
      case at::kHalf:
        return std::numeric_limits<c10::Half>::epsilon();
      case at::kBFloat16:
        return std::numeric_limits<c10::BFloat16>::epsilon();
      default:
        return std::numeric_limits<float>::epsilon();
    }
  }

  static at::Tensor mean_square(const at::Tensor& grad, int64_t dim) {
    return at::linalg_vector_norm(grad, 2, dim, /*keepdim=*/true).square_().div_(grad.size(dim));
  }

  static at::Tensor factored(const at::Tensor& grad, State& state, double weight, double eps1) {
    if (!state.has("row_var")) {
      state["row_var"] = grad.new_zeros(mean_shape(grad, -1));
      state["col_var"] = grad.new_zeros(mean_shape(grad, -2));
    }
    at::Tensor rows = state["row_var"];
    at::Tensor columns = state["col_var"];
    rows.lerp_(mean_square(grad, -1), weight);
    columns.lerp_(mean_square(grad, -2), weight);
    at::Tensor estimate = at::matmul(rows, columns);
    estimate.div_(rows.mean(at::IntArrayRef{-2}, /*keepdim=*/true).clamp_min_(eps1));
    return estimate;
  }

  static at::Tensor plain(const at::Tensor& grad, State& state, double weight) {
    if (!state.has("variance")) state["variance"] = zeros_of(grad);
    state["variance"].lerp_(grad * grad, weight);
    return state["variance"].clone();
  }

  static std::vector<int64_t> mean_shape(const at::Tensor& grad, int64_t dim) {
    auto shape = grad.sizes().vec();
    shape[shape.size() + dim] = 1;
    return shape;
  }

  std::optional<double> eps1_;
};
using Adafactor = OptimizerOf<AdafactorImpl>;

struct MuonOptions : Options {
  explicit MuonOptions(Number lr_ = 1e-3) {
    lr(lr_).weight_decay(0.1).momentum(0.95).nesterov(true).ns_coefficients({3.4445, -4.7750, 2.0315});
    eps(1e-7).ns_steps(5).adjust_lr_fn("original");
  }
};

class MuonImpl : public OptimizerImpl {
 public:
  MuonImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    check_not_negative(options.momentum(), "momentum value");
    check_not_negative(options.weight_decay(), "weight_decay value");
    for (const auto& group : groups) {
      for (const auto& param : group.params()) TORCH_CHECK_VALUE(param.dim() == 2, "Muon only supports 2D parameters");
    }
  }

 protected:
  void update(const ParamGroup& group, at::Tensor param, at::Tensor grad, State& state) override {
    at::Tensor& buffer = state["momentum_buffer"];
    if (!buffer.defined()) buffer = zeros_of(grad);
    buffer.lerp_(grad, 1 - group.momentum());
    const at::Tensor change = group.nesterov() ? grad.lerp(buffer, group.momentum()) : buffer;
    const at::Tensor direction = orthogonal(change, group);
    multiply(param, 1.0 - group.rate() * group.weight_decay());
    param.add_(direction, (-adjusted_rate(group, param)).scalar());
  }

 private:
  // The Newton-Schulz iteration, in bfloat16 as in Python.
  static at::Tensor orthogonal(const at::Tensor& grad, const ParamGroup& group) {
    TORCH_CHECK_VALUE(group.ns_steps() < 100, "Number of steps must be less than 100 for computational efficiency");
    const auto [a, b, c] = group.ns_coefficients();
    const bool is_tall = grad.size(0) > grad.size(1);
    at::Tensor made = grad.to(at::kBFloat16);
    if (is_tall) made = made.t();
    made.div_(at::linalg_vector_norm(made, 2).clamp_min(group.eps()));
    for (int64_t i = 0; i < group.ns_steps(); ++i) {
      const at::Tensor gram = at::matmul(made, made.t());
      made = at::addmm(made, at::addmm(gram, gram, gram, b, c), made, a);
    }
    return is_tall ? made.t() : made;
  }

  static Number adjusted_rate(const ParamGroup& group, const at::Tensor& param) {
    const auto rows = static_cast<double>(param.size(0));
    const auto columns = static_cast<double>(param.size(1));
    if (group.adjust_lr_fn() == "original") return group.rate() * std::sqrt(std::max(1.0, rows / columns));
    TORCH_CHECK_VALUE(group.adjust_lr_fn() == "match_rms_adamw", "this adjust_lr_fn is not supported");
    return group.rate() * (0.2 * std::sqrt(std::max(rows, columns)));
  }
};
using Muon = OptimizerOf<MuonImpl>;

}  // namespace py2cpp::optim
