// Distributions of vectors, written in Python in torch.distributions: the same operations in the same order.
#pragma once

#include <ATen/ExpandUtils.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>

#include "py2cpp/distributions.h"

namespace py2cpp::distributions {

namespace detail {

// The squared Mahalanobis distance of the vectors `x` for a covariance with the Cholesky factor `factor`, each in batches.
inline at::Tensor mahalanobis(const at::Tensor& factor, at::Tensor x) {
  const int64_t n = x.size(-1);
  const Shape batch(x.sizes().begin(), x.sizes().end() - 1);
  const int64_t inner = factor.dim() - 2;
  const int64_t outer = static_cast<int64_t>(batch.size()) - inner;
  Shape shape(batch.begin(), batch.begin() + outer);
  for (int64_t i = 0; i < inner; ++i) {
    shape.push_back(batch[outer + i] / factor.size(i));
    shape.push_back(factor.size(i));
  }
  shape.push_back(n);
  x = x.reshape(shape);
  Shape order, inverse;
  const int64_t last = outer + 2 * inner;
  for (int64_t i = 0; i < outer; ++i) order.push_back(i);
  for (int64_t i = outer; i < last; i += 2) order.push_back(i);
  for (int64_t i = outer + 1; i < last; i += 2) order.push_back(i);
  order.push_back(last);
  x = x.permute(order);
  const at::Tensor flat_factor = factor.reshape({-1, n, n});
  const at::Tensor flat = x.reshape({-1, flat_factor.size(0), n}).permute({1, 2, 0});
  const at::Tensor solved = at::linalg_solve_triangular(flat_factor, flat, /*upper=*/false);
  const at::Tensor distance = solved.pow(2).sum(-2).t();
  const at::Tensor permuted = distance.reshape(x.sizes().slice(0, x.dim() - 1));
  for (int64_t i = 0; i < outer; ++i) inverse.push_back(i);
  for (int64_t i = 0; i < inner; ++i) {
    inverse.push_back(outer + i);
    inverse.push_back(outer + inner + i);
  }
  return permuted.permute(inverse).reshape(batch);
}

}  // namespace detail

class MultivariateNormal {
 public:
  MultivariateNormal() = default;
  static MultivariateNormal of_covariance(const at::Tensor& loc, const at::Tensor& covariance) {
    MultivariateNormal made(loc, covariance);
    made.covariance_ = covariance.expand(made.matrix_shape());
    made.check_loc();
    const at::Tensor symmetric = at::isclose(made.covariance_, made.covariance_.mT(), 1e-5, 1e-6).all(-2).all(-1);
    detail::check(symmetric, "parameter covariance_matrix of a MultivariateNormal to be symmetric");
    const at::Tensor info = std::get<1>(at::linalg_cholesky_ex(made.covariance_.detach()));
    detail::check(info.eq(0), "parameter covariance_matrix of a MultivariateNormal to be positive definite");
    made.factor_ = at::linalg_cholesky(covariance);
    return made;
  }
  static MultivariateNormal of_scale_tril(const at::Tensor& loc, const at::Tensor& scale_tril) {
    MultivariateNormal made(loc, scale_tril);
    made.scale_tril_ = scale_tril.expand(made.matrix_shape());
    made.check_loc();
    const at::Tensor held = made.scale_tril_.detach();
    detail::check(held.tril().eq(held), "parameter scale_tril of a MultivariateNormal to be lower triangular");
    detail::check(held.diagonal(0, -2, -1).gt(0), "parameter scale_tril of a MultivariateNormal to be positive");
    made.factor_ = scale_tril;
    return made;
  }

  const at::Tensor& loc() const { return loc_; }
  const at::Tensor& mean() const { return loc_; }
  const at::Tensor& scale_tril() const {
    return detail::lazy(scale_tril_, [this] { return factor_.expand(matrix_shape()); });
  }
  const at::Tensor& covariance_matrix() const {
    return detail::lazy(covariance_, [this] { return at::matmul(factor_, factor_.mT()).expand(matrix_shape()); });
  }
  at::Tensor variance() const { return factor_.pow(2).sum(-1).expand(loc_.sizes()); }
  const at::Tensor& factor() const { return factor_; }
  at::Tensor half_log_det() const { return factor_.diagonal(0, -2, -1).log().sum(-1); }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    return rsample(sample_shape);
  }
  at::Tensor rsample(const Shape& sample_shape = {}) const {
    const at::Tensor eps = at::empty(detail::extended(sample_shape, loc_), loc_.scalar_type()).normal_();
    return loc_.add(at::matmul(factor_, eps.unsqueeze(-1)).squeeze(-1));
  }
  at::Tensor log_prob(const at::Tensor& value) const {
    detail::check_real(value, "value argument of a MultivariateNormal to be real");
    const at::Tensor distance = detail::mahalanobis(factor_, value.sub(loc_));
    const at::Tensor half_log_det = this->half_log_det();
    const double constant = static_cast<double>(loc_.size(-1)) * std::log(2 * M_PI);
    return distance.add(constant).mul(-0.5).sub(half_log_det);
  }
  at::Tensor entropy() const {
    const double constant = 0.5 * static_cast<double>(loc_.size(-1)) * (1.0 + std::log(2 * M_PI));
    const at::Tensor made = half_log_det().add(constant);
    return loc_.dim() == 1 ? made : made.expand(loc_.sizes().slice(0, loc_.dim() - 1));
  }

 private:
  MultivariateNormal(const at::Tensor& loc, const at::Tensor& matrix) {
    TORCH_CHECK_VALUE(loc.dim() >= 1, "loc must be at least one-dimensional.");
    TORCH_CHECK_VALUE(matrix.dim() >= 2, "the matrix must be at least two-dimensional");
    Shape shape = at::infer_size(matrix.sizes().slice(0, matrix.dim() - 2), loc.sizes().slice(0, loc.dim() - 1));
    shape.push_back(-1);
    loc_ = loc.expand(shape);
  }
  void check_loc() const { detail::check_real(loc_, "parameter loc of a MultivariateNormal to be real"); }
  Shape matrix_shape() const {
    Shape shape = loc_.sizes().vec();
    shape.push_back(loc_.size(-1));
    return shape;
  }

  at::Tensor loc_, factor_;
  mutable at::Tensor scale_tril_, covariance_;
};

// The last dimensions of a batch of distributions as those of one event.
template <class Distribution>
class Independent {
 public:
  Independent() = default;
  Independent(Distribution distribution, int64_t dims) : held_(std::move(distribution)), dims_(dims) {
    TORCH_CHECK_VALUE(dims <= held_.mean().dim(), "Expected reinterpreted_batch_ndims <= len(batch_shape)");
  }

  const Distribution& base_dist() const { return held_; }
  at::Tensor mean() const { return held_.mean(); }
  at::Tensor variance() const { return held_.variance(); }
  at::Tensor sample(const Shape& sample_shape = {}) const { return held_.sample(sample_shape); }
  at::Tensor rsample(const Shape& sample_shape = {}) const { return held_.rsample(sample_shape); }
  at::Tensor log_prob(const at::Tensor& value) const {
    const at::IntArrayRef all = held_.mean().sizes();
    TORCH_CHECK_VALUE(value.dim() >= dims_ && value.sizes().slice(value.dim() - dims_) == all.slice(all.size() - dims_),
                      "The right-most size of value must match event_shape");
    return summed(held_.log_prob(value));
  }
  at::Tensor entropy() const { return summed(held_.entropy()); }
  int64_t dims() const { return dims_; }

  at::Tensor summed(const at::Tensor& value) const {
    if (dims_ == 0) return value;
    Shape shape(value.sizes().begin(), value.sizes().end() - dims_);
    shape.push_back(-1);
    return value.reshape(shape).sum(-1);
  }

 private:
  Distribution held_;
  int64_t dims_ = 0;
};

}  // namespace py2cpp::distributions
