// Distributions with long tails, and counts of failures: the operations of Python's torch.distributions in their order.
#pragma once

#include <cmath>
#include <limits>

#include "py2cpp/positive_distributions.h"

namespace py2cpp::distributions {

class Cauchy {
 public:
  Cauchy() = default;
  Cauchy(const Parameter& loc, const Parameter& scale) {
    auto both = detail::broadcast_all({loc, scale});
    loc_ = both[0];
    scale_ = both[1];
    detail::check_real(loc_, "parameter loc of a Cauchy to be real");
    detail::check(scale_.gt(0), "parameter scale of a Cauchy to be positive");
  }

  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& scale() const { return scale_; }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor eps = at::empty(detail::extended(sample_shape, loc_), loc_.scalar_type()).cauchy_();
    return loc_.add(eps.mul(scale_));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Cauchy to be real");
    const at::Tensor first = at::rsub(scale_.log(), -std::log(M_PI));
    return first.sub(value.sub(loc_).div(scale_).pow(2).log1p());
  }
  at::Tensor cdf(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Cauchy to be real");
    return at::atan(value.sub(loc_).div(scale_)).div(M_PI).add(0.5);
  }
  at::Tensor entropy() const { return scale_.log().add(std::log(4 * M_PI)); }

 private:
  at::Tensor loc_, scale_;
};

// A Gamma of half the degrees of freedom.
class Chi2 : public Gamma {
 public:
  Chi2() = default;
  explicit Chi2(const Parameter& df) : Gamma(halved(df), 0.5) {}
  at::Tensor df() const { return concentration().mul(2); }

 private:
  static Parameter halved(const Parameter& df) {
    return df.tensor.defined() ? Parameter(df.tensor.mul(0.5)) : Parameter(0.5 * df.number);
  }
};

class StudentT {
 public:
  StudentT() = default;
  explicit StudentT(const Parameter& df, const Parameter& loc = 0.0, const Parameter& scale = 1.0) {
    auto all = detail::broadcast_all({df, loc, scale});
    df_ = all[0];
    loc_ = all[1];
    scale_ = all[2];
    chi2_ = Chi2(df_);
    detail::check(df_.gt(0), "parameter df of a StudentT to be positive");
    detail::check_real(loc_, "parameter loc of a StudentT to be real");
    detail::check(scale_.gt(0), "parameter scale of a StudentT to be positive");
  }

  const at::Tensor& df() const { return df_; }
  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& scale() const { return scale_; }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const Shape shape = detail::extended(sample_shape, df_);
    const at::Tensor x = at::empty(shape, df_.scalar_type()).normal_();
    const at::Tensor z = chi2_.rsample(sample_shape);
    return loc_.add(scale_.mul(x.mul(at::rsqrt(z.div(df_)))));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a StudentT to be real");
    const at::Tensor y = value.sub(loc_).div(scale_);
    const at::Tensor first = scale_.log();
    const at::Tensor z = first.add(df_.log().mul(0.5))
                             .add(0.5 * std::log(M_PI))
                             .add(at::lgamma(df_.mul(0.5)))
                             .sub(at::lgamma(df_.add(1.0).mul(0.5)));
    const at::Tensor factor = df_.add(1.0).mul(-0.5);
    return factor.mul(at::log1p(y.pow(2.0).div(df_))).sub(z);
  }
  at::Tensor entropy() const {
    const at::Tensor lbeta = at::lgamma(df_.mul(0.5)).add(std::lgamma(0.5)).sub(at::lgamma(df_.add(1).mul(0.5)));
    const at::Tensor first = scale_.log();
    const at::Tensor factor = df_.add(1).mul(0.5);
    const at::Tensor digammas = at::digamma(df_.add(1).mul(0.5)).sub(at::digamma(df_.mul(0.5)));
    return first.add(factor.mul(digammas)).add(df_.log().mul(0.5)).add(lbeta);
  }

 private:
  at::Tensor df_, loc_, scale_;
  Chi2 chi2_;
};

class HalfNormal {
 public:
  HalfNormal() = default;
  explicit HalfNormal(const Parameter& scale) : base_(0.0, scale) {}

  const Normal& base() const { return base_; }
  const at::Tensor& scale() const { return base_.scale(); }
  at::Tensor mean() const { return scale().mul(std::sqrt(2 / M_PI)); }
  at::Tensor variance() const { return scale().pow(2).mul(1 - 2 / M_PI); }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return base_.sample(sample_shape).abs();
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const { return base_.rsample(sample_shape).abs(); }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.ge(0), "value argument of a HalfNormal not to be negative");
    const at::Tensor found = base_.log_prob(value).add(std::log(2.0));
    return at::where(value.ge(0), found, at::Scalar(-detail::kInfinity));
  }
  at::Tensor entropy() const { return base_.entropy().sub(std::log(2.0)); }

 private:
  Normal base_;
};

class Geometric : public EitherOdds {
 public:
  Geometric() = default;
  static Geometric of_probs(const Parameter& probs) {
    Geometric made;
    const at::Tensor& given = made.take_probs(probs);
    detail::check(given.gt(0).logical_and(given.le(1)), "parameter probs of a Geometric to lie between 0 and 1");
    return made;
  }
  static Geometric of_logits(const Parameter& logits) {
    Geometric made;
    made.take_logits(logits, "parameter logits of a Geometric to be real");
    return made;
  }

  at::Tensor mean() const { return probs().reciprocal().mul(1.0).sub(1.0); }
  at::Tensor variance() const { return probs().reciprocal().mul(1.0).sub(1.0).div(probs()); }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    const Shape shape = detail::extended(sample_shape, parameter());
    const double least = detail::tiny(probs());
    at::NoGradGuard no_grad;
    const at::Tensor u = at::empty(shape, probs().scalar_type()).uniform_(least, 1);
    return u.log().div(probs().neg().log1p()).floor();
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.remainder(1).eq(0).logical_and(value.ge(0)), "value argument of a Geometric to be a count");
    const auto both = at::broadcast_tensors({value, probs()});
    at::Tensor p = both[1].clone(at::MemoryFormat::Contiguous);
    detail::fill(p, p.eq(1).__and__(both[0].eq(0)), 0);
    const at::Tensor tail = both[0].mul(p.neg().log1p());
    return tail.add(probs().log());
  }
  at::Tensor entropy() const {
    return at::binary_cross_entropy_with_logits(logits(), probs(), {}, {}, at::Reduction::None).div(probs());
  }
};

inline at::Tensor kl_divergence(const HalfNormal& p, const HalfNormal& q) { return kl_divergence(p.base(), q.base()); }
inline at::Tensor kl_divergence(const Gamma& p, const Gamma& q) {
  const at::Tensor t1 = q.concentration().mul(p.rate().div(q.rate()).log());
  const at::Tensor lgamma = at::lgamma(q.concentration());
  const at::Tensor t2 = lgamma.sub(at::lgamma(p.concentration()));
  const at::Tensor change = p.concentration().sub(q.concentration());
  const at::Tensor t3 = change.mul(at::digamma(p.concentration()));
  const at::Tensor rates = q.rate().sub(p.rate());
  const at::Tensor t4 = rates.mul(p.concentration().div(p.rate()));
  return t1.add(t2).add(t3).add(t4);
}
inline at::Tensor kl_divergence(const Laplace& p, const Laplace& q) {
  const at::Tensor ratio = p.scale().div(q.scale());
  const at::Tensor difference = p.loc().sub(q.loc()).abs();
  const at::Tensor t1 = ratio.log().neg();
  const at::Tensor t2 = difference.div(q.scale());
  const at::Tensor t3 = ratio.mul(at::exp(difference.neg().div(p.scale())));
  return t1.add(t2).add(t3).sub(1);
}
inline at::Tensor kl_divergence(const Poisson& p, const Poisson& q) {
  const at::Tensor log = p.rate().log();
  const at::Tensor first = p.rate().mul(log.sub(q.rate().log()));
  return first.sub(p.rate().sub(q.rate()));
}
inline at::Tensor kl_divergence(const Uniform& p, const Uniform& q) {
  const at::Tensor width = q.high().sub(q.low());
  at::Tensor result = width.div(p.high().sub(p.low())).log();
  detail::fill(result, q.low().gt(p.low()).__or__(q.high().lt(p.high())), detail::kInfinity);
  return result;
}

}  // namespace py2cpp::distributions
