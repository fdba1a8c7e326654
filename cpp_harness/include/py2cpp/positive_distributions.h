// Distributions of positive amounts, and Laplace's: the operations of Python's torch.distributions in their order.
#pragma once

#include <cmath>
#include <limits>

#include "py2cpp/distributions.h"

namespace py2cpp::distributions {
namespace detail {
inline double tiny(const at::Tensor& value) {
  return value.scalar_type() == at::kDouble ? std::numeric_limits<double>::min() : std::numeric_limits<float>::min();
}
}  // namespace detail

class Laplace {
 public:
  Laplace() = default;
  Laplace(const Parameter& loc, const Parameter& scale) {
    auto both = detail::broadcast_all({loc, scale});
    loc_ = both[0];
    scale_ = both[1];
    detail::check_real(loc_, "parameter loc of a Laplace to be real");
    detail::check(scale_.gt(0), "parameter scale of a Laplace to be positive");
  }

  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& scale() const { return scale_; }
  const at::Tensor& mean() const { return loc_; }
  at::Tensor variance() const { return scale_.pow(2).mul(2); }
  at::Tensor stddev() const { return scale_.mul(std::pow(2.0, 0.5)); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor u = at::empty(detail::extended(sample_shape, loc_), loc_.scalar_type());
    u.uniform_(detail::epsilon(loc_) - 1, 1);
    return loc_.sub(scale_.mul(u.sign()).mul(at::log1p(u.abs().neg())));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Laplace to be real");
    return at::log(scale_.mul(2)).neg().sub(at::abs(value.sub(loc_)).div(scale_));
  }
  at::Tensor entropy() const { return at::log(scale_.mul(2)).add(1); }

 private:
  at::Tensor loc_, scale_;
};

class Gamma {
 public:
  Gamma() = default;
  Gamma(const Parameter& concentration, const Parameter& rate) {
    auto both = detail::broadcast_all({concentration, rate});
    concentration_ = both[0];
    rate_ = both[1];
    detail::check(concentration_.gt(0), "parameter concentration of a Gamma to be positive");
    detail::check(rate_.gt(0), "parameter rate of a Gamma to be positive");
  }

  const at::Tensor& concentration() const { return concentration_; }
  const at::Tensor& rate() const { return rate_; }
  at::Tensor mean() const { return concentration_.div(rate_); }
  at::Tensor variance() const { return concentration_.div(rate_.pow(2)); }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const Shape shape = detail::extended(sample_shape, concentration_);
    const at::Tensor value = at::_standard_gamma(concentration_.expand(shape)).div(rate_.expand(shape));
    value.detach().clamp_(detail::tiny(value));
    return value;
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.ge(0), "value argument of a Gamma not to be negative");
    return at::xlogy(concentration_, rate_)
        .add(at::xlogy(concentration_.sub(1), value))
        .sub(rate_.mul(value))
        .sub(at::lgamma(concentration_));
  }
  at::Tensor entropy() const {
    return concentration_.sub(at::log(rate_))
        .add(at::lgamma(concentration_))
        .add(at::rsub(concentration_, 1.0).mul(at::digamma(concentration_)));
  }

 private:
  at::Tensor concentration_, rate_;
};

class Poisson {
 public:
  Poisson() = default;
  explicit Poisson(const Parameter& rate) : rate_(detail::broadcast_all({rate})[0]) {
    detail::check(rate_.ge(0), "parameter rate of a Poisson not to be negative");
  }

  const at::Tensor& rate() const { return rate_; }
  const at::Tensor& mean() const { return rate_; }
  const at::Tensor& variance() const { return rate_; }
  at::Tensor stddev() const { return rate_.sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return at::poisson(rate_.expand(detail::extended(sample_shape, rate_)));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.remainder(1).eq(0).logical_and(value.ge(0)), "value argument of a Poisson to be a count");
    const auto both = detail::broadcast_all({rate_, value});
    return both[1].xlogy(both[0]).sub(both[0]).sub(both[1].add(1).lgamma());
  }

 private:
  at::Tensor rate_;
};

class LogNormal {
 public:
  LogNormal() = default;
  LogNormal(const Parameter& loc, const Parameter& scale) : base_(loc, scale) {}

  const Normal& base() const { return base_; }
  const at::Tensor& loc() const { return base_.loc(); }
  const at::Tensor& scale() const { return base_.scale(); }
  at::Tensor mean() const { return loc().add(scale().pow(2).div(2)).exp(); }
  at::Tensor variance() const {
    const at::Tensor squared = scale().pow(2);
    return squared.expm1().mul(loc().mul(2).add(squared).exp());
  }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return base_.sample(sample_shape).exp();
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const { return base_.rsample(sample_shape).exp(); }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.gt(0), "value argument of a LogNormal to be positive");
    const at::Tensor x = value.log();
    return at::rsub(x, 0.0).add(base_.log_prob(x));
  }
  at::Tensor entropy() const { return base_.entropy().add(loc()); }

 private:
  Normal base_;
};

}  // namespace py2cpp::distributions
