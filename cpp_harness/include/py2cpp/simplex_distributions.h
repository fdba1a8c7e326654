// Distributions over parts of one whole: the operations of Python's torch.distributions in their order.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "py2cpp/distributions.h"

namespace py2cpp::distributions {

namespace detail {
// Python's torch.distributions.dirichlet._Dirichlet.
struct _Dirichlet : torch::autograd::Function<_Dirichlet> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& concentration) {
    const at::Tensor x = at::_sample_dirichlet(concentration);
    ctx->save_for_backward({x, concentration});
    return x;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grad_outputs) {
    at::NoGradGuard no_grad;
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &concentration = saved[1];
    const at::Tensor total = concentration.sum({-1}, true).expand_as(concentration);
    const at::Tensor grad = at::_dirichlet_grad(x, concentration, total);
    return {grad.mul(grad_outputs[0].sub(x.mul(grad_outputs[0]).sum({-1}, true)))};
  }
};
}  // namespace detail

class Dirichlet {
 public:
  Dirichlet() = default;
  explicit Dirichlet(const at::Tensor& concentration) : concentration_(concentration) {
    TORCH_CHECK_VALUE(concentration.dim() >= 1, "`concentration` parameter must be at least one-dimensional.");
    detail::check(concentration.gt(0), "parameter concentration of a Dirichlet to be positive");
  }

  const at::Tensor& concentration() const { return concentration_; }
  at::Tensor mean() const { return concentration_.div(concentration_.sum({-1}, true)); }
  at::Tensor variance() const {
    const at::Tensor total = concentration_.sum({-1}, true);
    const at::Tensor above = concentration_.mul(total.sub(concentration_));
    const at::Tensor squared = total.pow(2);
    return above.div(squared.mul(total.add(1)));
  }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    return detail::_Dirichlet::apply(concentration_.expand(detail::extended(sample_shape, concentration_)));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.ge(0).all(-1).logical_and(value.sum({-1}).sub(1).abs().lt(1e-6)),
                  "value argument of a Dirichlet to sum to 1");
    return density(value);
  }
  // The logarithm of the density, without a look at the value.
  at::Tensor density(const at::Tensor& value) const {
    const at::Tensor first = at::xlogy(concentration_.sub(1.0), value).sum({-1});
    const at::Tensor second = first.add(at::lgamma(concentration_.sum({-1})));
    return second.sub(at::lgamma(concentration_).sum({-1}));
  }
  at::Tensor entropy() const {
    const auto k = concentration_.size(-1);
    const at::Tensor a0 = concentration_.sum({-1});
    const at::Tensor first = at::lgamma(concentration_).sum({-1});
    const at::Tensor second = first.sub(at::lgamma(a0));
    const at::Tensor rest = at::rsub(a0, k);
    const at::Tensor third = second.sub(rest.mul(at::digamma(a0)));
    const at::Tensor less = concentration_.sub(1.0);
    return third.sub(less.mul(at::digamma(concentration_)).sum({-1}));
  }

 private:
  at::Tensor concentration_;
};

class Beta {
 public:
  Beta() = default;
  Beta(const Parameter& concentration1, const Parameter& concentration0)
      : dirichlet_(both(concentration1, concentration0)) {}

  const Dirichlet& dirichlet() const { return dirichlet_; }
  at::Tensor concentration1() const { return dirichlet_.concentration().select(-1, 0); }
  at::Tensor concentration0() const { return dirichlet_.concentration().select(-1, 1); }
  at::Tensor mean() const {
    const at::Tensor above = concentration1();
    const at::Tensor first = concentration1();
    return above.div(first.add(concentration0()));
  }
  at::Tensor variance() const {
    const at::Tensor one = concentration1();
    const at::Tensor total = one.add(concentration0());
    const at::Tensor first = concentration1();
    const at::Tensor above = first.mul(concentration0());
    const at::Tensor squared = total.pow(2);
    return above.div(squared.mul(total.add(1)));
  }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const { return dirichlet_.rsample(sample_shape).select(-1, 0); }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.ge(0).logical_and(value.le(1)), "value argument of a Beta to lie between 0 and 1");
    return dirichlet_.log_prob(at::stack({value, at::rsub(value, 1.0)}, -1));
  }
  at::Tensor entropy() const { return dirichlet_.entropy(); }

 private:
  static at::Tensor both(const Parameter& concentration1, const Parameter& concentration0) {
    if (!concentration1.tensor.defined() && !concentration0.tensor.defined()) {
      return at::tensor({concentration1.number, concentration0.number},
                        at::typeMetaToScalarType(at::get_default_dtype()));
    }
    return at::stack(detail::broadcast_all({concentration1, concentration0}), -1);
  }

  Dirichlet dirichlet_;
};

class OneHotCategorical {
 public:
  OneHotCategorical() = default;
  explicit OneHotCategorical(Categorical held) : held_(std::move(held)) {}

  const Categorical& categorical() const { return held_; }
  const at::Tensor& probs() const { return held_.probs(); }
  const at::Tensor& logits() const { return held_.logits(); }
  const at::Tensor& mean() const { return held_.probs(); }
  at::Tensor variance() const { return held_.probs().mul(at::rsub(held_.probs(), 1)); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    const at::Tensor like = held_.probs();
    return at::one_hot(held_.sample(sample_shape), held_.parameter().size(-1)).to(like.options());
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    const at::Tensor sums = value.sum({-1}).eq(1);
    detail::check(value.eq(0).logical_or(value.eq(1)).all(-1).logical_and(sums),
                  "value argument of a OneHotCategorical to have one 1");
    return held_.log_prob(std::get<1>(value.max(-1)));
  }
  at::Tensor entropy() const { return held_.entropy(); }

 private:
  Categorical held_;
};

inline at::Tensor kl_divergence(const Dirichlet& p, const Dirichlet& q) {
  const at::Tensor sum_p = p.concentration().sum({-1});
  const at::Tensor sum_q = q.concentration().sum({-1});
  const at::Tensor lgamma = sum_p.lgamma();
  const at::Tensor t1 = lgamma.sub(sum_q.lgamma());
  const at::Tensor lgammas = p.concentration().lgamma();
  const at::Tensor t2 = lgammas.sub(q.concentration().lgamma()).sum({-1});
  const at::Tensor t3 = p.concentration().sub(q.concentration());
  const at::Tensor digamma = p.concentration().digamma();
  const at::Tensor t4 = digamma.sub(sum_p.digamma().unsqueeze(-1));
  return t1.sub(t2).add(t3.mul(t4).sum({-1}));
}
inline at::Tensor kl_divergence(const OneHotCategorical& p, const OneHotCategorical& q) {
  return kl_divergence(p.categorical(), q.categorical());
}

}  // namespace py2cpp::distributions
