// The Gumbel distribution, and divergences that stand beside it: torch.distributions in its order of operations.
#pragma once

#include <cmath>

#include "py2cpp/simplex_distributions.h"
#include "py2cpp/tail_distributions.h"
#include "py2cpp/vector_distributions.h"

namespace py2cpp::distributions {

namespace detail {
constexpr double kEuler = 0.57721566490153286060;
}  // namespace detail

// What Python makes of uniform draws by transforms: x.log(), 0 - x, x.log(), loc - scale * x.
class Gumbel {
 public:
  Gumbel() = default;
  Gumbel(const Parameter& loc, const Parameter& scale) : given_(loc) {
    auto both = detail::broadcast_all({loc, scale});
    loc_ = both[0];
    scale_ = both[1];
    const double least = detail::tiny(loc_), most = 1 - detail::epsilon(loc_);
    if (loc.tensor.defined() || scale.tensor.defined()) {
      base_ = Uniform(at::full_like(loc_, least), at::full_like(loc_, most));
    } else {
      base_ = Uniform(least, most);
    }
    first_ = at::ones_like(scale_).neg();
    last_ = scale_.neg();
    detail::check_real(loc_, "parameter loc of a Gumbel to be real");
    detail::check(scale_.gt(0), "parameter scale of a Gumbel to be positive");
  }

  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& scale() const { return scale_; }
  at::Tensor mean() const { return loc_.add(scale_.mul(detail::kEuler)); }
  at::Tensor stddev() const { return scale_.mul(M_PI / std::sqrt(6.0)); }
  at::Tensor variance() const { return stddev().pow(2); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor drawn = base_.rsample(sample_shape).log();
    const at::Tensor scaled = last_.mul(first_.mul(drawn).add(0).log());
    return given_.tensor.defined() ? given_.tensor.add(scaled) : scaled.add(given_.number);
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a Gumbel to be real");
    const at::Tensor y = loc_.sub(value).div(scale_);
    return y.sub(y.exp()).sub(scale_.log());
  }
  at::Tensor entropy() const { return scale_.log().add(1 + detail::kEuler); }

 private:
  Parameter given_ = 0.0;
  Uniform base_;
  at::Tensor loc_, scale_, first_, last_;
};

inline at::Tensor kl_divergence(const Gumbel& p, const Gumbel& q) {
  const at::Tensor ratio = p.scale().div(q.scale());
  const at::Tensor to = q.loc().div(q.scale());
  const at::Tensor from = p.loc().div(q.scale());
  const at::Tensor first = ratio.log().neg().sub(to).add(from);
  const at::Tensor second = ratio.mul(detail::kEuler);
  const at::Tensor third = at::exp(to.add(ratio.add(1).lgamma()).sub(from));
  return first.add(second).add(third).sub(1 + detail::kEuler);
}
inline at::Tensor kl_divergence(const Beta& p, const Beta& q) {
  const at::Tensor p_first = p.concentration1(), p_sum = p_first.add(p.concentration0());
  const at::Tensor q_first = q.concentration1(), q_sum = q_first.add(q.concentration0());
  const at::Tensor q_one = q.concentration1().lgamma(), q_both = q_one.add(q.concentration0().lgamma());
  const at::Tensor t1 = q_both.add(p_sum.lgamma());
  const at::Tensor p_one = p.concentration1().lgamma(), p_both = p_one.add(p.concentration0().lgamma());
  const at::Tensor t2 = p_both.add(q_sum.lgamma());
  const at::Tensor from1 = p.concentration1(), by1 = from1.sub(q.concentration1());
  const at::Tensor t3 = by1.mul(at::digamma(p.concentration1()));
  const at::Tensor from0 = p.concentration0(), by0 = from0.sub(q.concentration0());
  const at::Tensor t4 = by0.mul(at::digamma(p.concentration0()));
  const at::Tensor between = q_sum.sub(p_sum);
  const at::Tensor t5 = between.mul(at::digamma(p_sum));
  return t1.sub(t2).add(t3).add(t4).add(t5);
}
inline at::Tensor kl_divergence(const Geometric& p, const Geometric& q) {
  const at::Tensor entropy = p.entropy().neg();
  const at::Tensor logs = at::log1p(q.probs().neg());
  return entropy.sub(logs.div(p.probs())).sub(q.logits());
}
inline at::Tensor kl_divergence(const LogNormal& p, const LogNormal& q) { return kl_divergence(p.base(), q.base()); }
inline at::Tensor kl_divergence(const Cauchy& p, const Cauchy& q) {
  const at::Tensor squared = p.scale().add(q.scale()).pow(2);
  const at::Tensor first = squared.add(p.loc().sub(q.loc()).pow(2)).log();
  return first.sub(p.scale().mul(4).mul(q.scale()).log());
}
inline at::Tensor kl_divergence(const MultivariateNormal& p, const MultivariateNormal& q) {
  const int64_t n = p.loc().size(-1);
  TORCH_CHECK_VALUE(n == q.loc().size(-1), "KL-divergence between normals of vectors of other lengths");
  const at::Tensor q_log = q.half_log_det();
  const at::Tensor half = q_log.sub(p.half_log_det());
  Shape shape = at::infer_size(q.factor().sizes().slice(0, q.factor().dim() - 2),
                               p.factor().sizes().slice(0, p.factor().dim() - 2));
  const Shape batch = shape;
  shape.insert(shape.end(), {n, n});
  const at::Tensor q_factor = q.factor().expand(shape);
  const at::Tensor p_factor = p.factor().expand(shape);
  const at::Tensor solved = at::linalg_solve_triangular(q_factor, p_factor, /*upper=*/false);
  const at::Tensor trace = solved.reshape({-1, n * n}).pow(2).sum(-1).reshape(batch);
  const at::Tensor distance = detail::mahalanobis(q.factor(), q.loc().sub(p.loc()));
  return half.add(trace.add(distance).sub(n).mul(0.5));
}
template <class Distribution>
at::Tensor kl_divergence(const Independent<Distribution>& p, const Independent<Distribution>& q) {
  TORCH_CHECK_NOT_IMPLEMENTED(p.dims() == q.dims(), "KL-divergence between events of other dimensions");
  return p.summed(kl_divergence(p.base_dist(), q.base_dist()));
}

}  // namespace py2cpp::distributions
