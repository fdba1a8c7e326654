// torch.distributions, written in Python: the same operations in the same order, and the same checks.
#pragma once

#include <torch/types.h>
#include <ATen/ATen.h>
#include <ATen/TensorIndexing.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace py2cpp::distributions {

using Shape = std::vector<int64_t>;

// A parameter: a tensor, or a number.
struct Parameter {
  Parameter(at::Tensor value) : tensor(std::move(value)) {}
  Parameter(double value) : number(value) {}

  at::Tensor as(const at::TensorOptions& options) const {
    return tensor.defined() ? tensor : at::full({}, number, options);
  }

  at::Tensor tensor;
  double number = 0.0;
};

namespace detail {

// Tensors of one shape; numbers take the dtype of the first tensor.
inline std::vector<at::Tensor> broadcast_all(const std::vector<Parameter>& values) {
  at::TensorOptions options = at::TensorOptions(at::typeMetaToScalarType(at::get_default_dtype()));
  for (const auto& value : values) {
    if (!value.tensor.defined()) continue;
    options = at::TensorOptions(value.tensor.scalar_type());
    break;
  }
  std::vector<at::Tensor> tensors;
  for (const auto& value : values) tensors.push_back(value.as(options));
  return at::broadcast_tensors(tensors);
}

inline Shape extended(const Shape& sample, const at::Tensor& batch) {
  Shape shape = sample;
  shape.insert(shape.end(), batch.sizes().begin(), batch.sizes().end());
  return shape;
}

inline void check(const at::Tensor& valid, const char* what) {
  TORCH_CHECK_VALUE(valid.all().item<bool>(), "Expected ", what);
}
inline void check_real(const at::Tensor& value, const char* what) { check(value.eq(value), what); }

inline double epsilon(const at::Tensor& probs) {
  return probs.scalar_type() == at::kDouble ? std::numeric_limits<double>::epsilon()
                                            : std::numeric_limits<float>::epsilon();
}
inline at::Tensor clamp_probs(const at::Tensor& probs) {
  const double eps = epsilon(probs);
  return probs.clamp(eps, 1 - eps);
}

// A property that is computed when it is first read, and then kept.
template <class Compute>
const at::Tensor& lazy(at::Tensor& kept, const Compute& compute) {
  if (!kept.defined()) {
    at::AutoGradMode recording(true);
    kept = compute();
  }
  return kept;
}

inline void fill(at::Tensor& tensor, const at::Tensor& mask, double value) {
  tensor.index_put_({at::indexing::TensorIndex(mask)}, value);
}
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace detail

class Normal {
 public:
  Normal() = default;
  Normal(const Parameter& loc, const Parameter& scale) {
    auto both = detail::broadcast_all({loc, scale});
    loc_ = both[0];
    scale_ = both[1];
    detail::check_real(loc_, "parameter loc of a Normal to be real");
    detail::check(scale_.gt(0), "parameter scale of a Normal to be positive");
  }

  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& scale() const { return scale_; }
  const at::Tensor& mean() const { return loc_; }
  const at::Tensor& stddev() const { return scale_; }
  at::Tensor variance() const { return scale_.pow(2); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    const Shape shape = detail::extended(sample_shape, loc_);
    return at::normal(loc_.expand(shape), scale_.expand(shape));
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor eps = at::empty(detail::extended(sample_shape, loc_), loc_.scalar_type()).normal_();
    return loc_.add(eps.mul(scale_));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Normal to be real");
    const at::Tensor var = scale_.pow(2);
    const at::Tensor log_scale = scale_.log();
    return value.sub(loc_).pow(2).neg().div(var.mul(2)).sub(log_scale).sub(std::log(std::sqrt(2 * M_PI)));
  }
  at::Tensor entropy() const { return at::log(scale_).add(0.5 + 0.5 * std::log(2 * M_PI)); }
  at::Tensor cdf(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Normal to be real");
    return at::erf(value.sub(loc_).mul(scale_.reciprocal()).div(std::sqrt(2.0))).add(1).mul(0.5);
  }
  at::Tensor icdf(const at::Tensor& value) const {
    return loc_.add(scale_.mul(at::erfinv(value.mul(2).sub(1))).mul(std::sqrt(2.0)));
  }

 private:
  at::Tensor loc_, scale_;
};

class Uniform {
 public:
  Uniform() = default;
  Uniform(const Parameter& low, const Parameter& high) {
    auto both = detail::broadcast_all({low, high});
    low_ = both[0];
    high_ = both[1];
    detail::check(low_.lt(high_), "parameter low of a Uniform to be less than high");
  }

  const at::Tensor& low() const { return low_; }
  const at::Tensor& high() const { return high_; }
  at::Tensor mean() const { return high_.add(low_).div(2); }
  at::Tensor stddev() const { return high_.sub(low_).div(std::pow(12.0, 0.5)); }
  at::Tensor variance() const { return high_.sub(low_).pow(2).div(12); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor drawn = at::rand(detail::extended(sample_shape, low_), low_.scalar_type());
    return low_.add(drawn.mul(high_.sub(low_)));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(low_.le(value).logical_and(value.le(high_)), "value argument of a Uniform to lie between its bounds");
    const at::Tensor lower = low_.le(value).to(low_.scalar_type());
    const at::Tensor upper = high_.gt(value).to(low_.scalar_type());
    return at::log(lower.mul(upper)).sub(at::log(high_.sub(low_)));
  }
  at::Tensor entropy() const { return at::log(high_.sub(low_)); }

 private:
  at::Tensor low_, high_;
};

class Exponential {
 public:
  Exponential() = default;
  explicit Exponential(const Parameter& rate) : rate_(detail::broadcast_all({rate})[0]) {
    detail::check(rate_.gt(0), "parameter rate of an Exponential to be positive");
  }

  const at::Tensor& rate() const { return rate_; }
  at::Tensor mean() const { return rate_.reciprocal(); }
  at::Tensor stddev() const { return rate_.reciprocal(); }
  at::Tensor variance() const { return rate_.pow(-2); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    return at::empty(detail::extended(sample_shape, rate_), rate_.scalar_type()).exponential_().div(rate_);
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.ge(0), "value argument of an Exponential not to be negative");
    return rate_.log().sub(rate_.mul(value));
  }
  at::Tensor entropy() const { return at::rsub(at::log(rate_), 1.0); }

 private:
  at::Tensor rate_;
};

// Probabilities or logits, whichever were not given computed from the others when they are first read.
class Odds {
 public:
  const at::Tensor& parameter() const { return is_probs_ ? kept_->probs : kept_->logits; }

 protected:
  struct Kept {
    at::Tensor probs, logits;
  };
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
  bool is_probs_ = true;
};

class Categorical : public Odds {
 public:
  Categorical() = default;
  static Categorical of_probs(const at::Tensor& probs) {
    TORCH_CHECK_VALUE(probs.dim() >= 1, "`probs` parameter must be at least one-dimensional.");
    Categorical made;
    made.kept_->probs = probs.div(probs.sum({-1}, /*keepdim=*/true));
    const at::Tensor& given = made.kept_->probs;
    detail::check(given.ge(0).all(-1).logical_and(given.sum({-1}).sub(1).abs().lt(1e-6)),
                  "parameter probs of a Categorical to sum to 1");
    return made;
  }
  static Categorical of_logits(const at::Tensor& logits) {
    TORCH_CHECK_VALUE(logits.dim() >= 1, "`logits` parameter must be at least one-dimensional.");
    Categorical made;
    made.is_probs_ = false;
    made.kept_->logits = logits.sub(logits.logsumexp({-1}, /*keepdim=*/true));
    detail::check_real(made.kept_->logits, "parameter logits of a Categorical to be real");
    return made;
  }

  const at::Tensor& probs() const {
    return detail::lazy(kept_->probs, [&] { return at::softmax(kept_->logits, -1); });
  }
  const at::Tensor& logits() const {
    return detail::lazy(kept_->logits, [&] { return at::log(detail::clamp_probs(kept_->probs)); });
  }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    const int64_t events = parameter().size(-1);
    const at::Tensor rows = probs().reshape({-1, events});
    const at::Tensor drawn = at::multinomial(rows, c10::multiply_integers(sample_shape), /*replacement=*/true).t();
    Shape shape = sample_shape;
    shape.insert(shape.end(), parameter().sizes().begin(), parameter().sizes().end() - 1);
    return drawn.reshape(shape);
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    const auto last = static_cast<double>(parameter().size(-1) - 1);
    detail::check(value.remainder(1).eq(0).logical_and(value.ge(0)).logical_and(value.le(last)),
                  "value argument of a Categorical to be the number of a class");
    const auto both = at::broadcast_tensors({value.to(at::kLong).unsqueeze(-1), logits()});
    return both[1].gather(-1, both[0].narrow(-1, 0, 1)).squeeze(-1);
  }
  at::Tensor entropy() const {
    const double least = logits().scalar_type() == at::kDouble ? std::numeric_limits<double>::lowest()
                                                               : std::numeric_limits<float>::lowest();
    const at::Tensor clamped = at::clamp(logits(), least);
    return clamped.mul(probs()).sum({-1}).neg();
  }
};

// Odds of yes and no, of which either form gives the other.
class EitherOdds : public Odds {
 public:
  const at::Tensor& probs() const {
    return detail::lazy(kept_->probs, [&] { return at::sigmoid(kept_->logits); });
  }
  const at::Tensor& logits() const {
    return detail::lazy(kept_->logits, [&] {
      const at::Tensor clamped = detail::clamp_probs(kept_->probs);
      return at::log(clamped).sub(at::log1p(clamped.neg()));
    });
  }

 protected:
  const at::Tensor& take_probs(const Parameter& probs) { return kept_->probs = detail::broadcast_all({probs})[0]; }
  void take_logits(const Parameter& logits, const char* real) {
    is_probs_ = false;
    kept_->logits = detail::broadcast_all({logits})[0];
    detail::check_real(kept_->logits, real);
  }
};

class Bernoulli : public EitherOdds {
 public:
  Bernoulli() = default;
  static Bernoulli of_probs(const Parameter& probs) {
    Bernoulli made;
    const at::Tensor& given = made.take_probs(probs);
    detail::check(given.ge(0).logical_and(given.le(1)), "parameter probs of a Bernoulli to lie between 0 and 1");
    return made;
  }
  static Bernoulli of_logits(const Parameter& logits) {
    Bernoulli made;
    made.take_logits(logits, "parameter logits of a Bernoulli to be real");
    return made;
  }

  const at::Tensor& mean() const { return probs(); }
  at::Tensor variance() const { return probs().mul(at::rsub(probs(), 1)); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    const Shape shape = detail::extended(sample_shape, parameter());
    at::NoGradGuard no_grad;
    return at::bernoulli(probs().expand(shape));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check(value.eq(0).logical_or(value.eq(1)), "value argument of a Bernoulli to be 0 or 1");
    const auto both = at::broadcast_tensors({logits(), value});
    return at::binary_cross_entropy_with_logits(both[0], both[1], {}, {}, at::Reduction::None).neg();
  }
  at::Tensor entropy() const {
    return at::binary_cross_entropy_with_logits(logits(), probs(), {}, {}, at::Reduction::None);
  }
};

inline at::Tensor kl_divergence(const Normal& p, const Normal& q) {
  const at::Tensor var_ratio = p.scale().div(q.scale()).pow(2);
  const at::Tensor t1 = p.loc().sub(q.loc()).div(q.scale()).pow(2);
  return var_ratio.add(t1).sub(1).sub(var_ratio.log()).mul(0.5);
}
inline at::Tensor kl_divergence(const Exponential& p, const Exponential& q) {
  const at::Tensor ratio = q.rate().div(p.rate());
  return ratio.log().neg().add(ratio).sub(1);
}
inline at::Tensor kl_divergence(const Categorical& p, const Categorical& q) {
  const at::Tensor probs = p.probs();
  at::Tensor t = probs.mul(p.logits().sub(q.logits()));
  detail::fill(t, q.probs().eq(0).expand_as(t), detail::kInfinity);
  detail::fill(t, p.probs().eq(0).expand_as(t), 0);
  return t.sum({-1});
}
inline at::Tensor kl_divergence(const Bernoulli& p, const Bernoulli& q) {
  const at::Tensor probs = p.probs();
  const at::Tensor first = at::softplus(q.logits().neg());
  at::Tensor t1 = probs.mul(first.sub(at::softplus(p.logits().neg())));
  detail::fill(t1, q.probs().eq(0), detail::kInfinity);
  detail::fill(t1, p.probs().eq(0), 0);
  const at::Tensor rest = at::rsub(p.probs(), 1);
  const at::Tensor second = at::softplus(q.logits());
  at::Tensor t2 = rest.mul(second.sub(at::softplus(p.logits())));
  detail::fill(t2, q.probs().eq(1), detail::kInfinity);
  detail::fill(t2, p.probs().eq(1), 0);
  return t1.add(t2);
}

}  // namespace py2cpp::distributions
