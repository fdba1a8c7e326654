// LBFGS: the operations of torch/optim/lbfgs.py, in their order.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "py2cpp/optim/optimizer.h"

namespace py2cpp::optim {

struct Bounds {
  Number low;
  Number high;
};

inline Number cubic_interpolate(const Number& x1, const Number& f1, const Number& g1, const Number& x2,
                                const Number& f2, const Number& g2, const std::optional<Bounds>& bounds = {}) {
  const Bounds within = bounds ? *bounds : x1 <= x2 ? Bounds{x1, x2} : Bounds{x2, x1};
  const Number d1 = g1 + g2 - 3.0 * (f1 - f2) / (x1 - x2);
  const Number d2_square = Number(d1.tensor().pow(2)) - g1 * g2;
  if (!(d2_square >= 0.0)) return (within.low + within.high) / 2.0;
  const Number d2 = d2_square.tensor().sqrt();
  const Number lowest = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2.0 * d2))
                                 : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2.0 * d2));
  return least(largest(lowest, within.low), within.high);
}

// A point of the line search.
struct Point {
  Number t;
  double loss;
  at::Tensor gradient;
  Number slope;
};

struct Found {
  Point point;
  int64_t evaluations;
};

// Evaluates loss and gradient after a step of length t.
using Objective = std::function<std::pair<double, at::Tensor>(const Number& t)>;

class StrongWolfe {
 public:
  StrongWolfe(Objective objective, at::Tensor direction, Point start, int64_t max_searches)
      : objective_(std::move(objective)),
        direction_(std::move(direction)),
        start_{start.t, start.loss, start.gradient.clone(at::MemoryFormat::Contiguous), start.slope},
        max_(max_searches) {}

  Found search(const Number& t) {
    const at::Tensor width = direction_.abs().max();
    bool done = bracket(t);
    const auto lower_first = [this] { return points_.front().loss <= points_.back().loss ? 0 : 1; };
    int low = lower_first();
    bool stuck = false;
    while (!done && searches_ < max_) {
      if (absolute(points_[1].t - points_[0].t) * width < tolerance_change_) break;
      const Point made = evaluate(trial(stuck));
      ++searches_;
      const int high = 1 - low;
      if (Number(made.loss) > start_.loss + c1_ * made.t * start_.slope || made.loss >= points_[low].loss) {
        points_[high] = contiguous(made);
        low = lower_first();
      } else {
        if (absolute(made.slope) <= -c2_ * start_.slope) {
          done = true;
        } else if (made.slope * (points_[high].t - points_[low].t) >= 0.0) {
          points_[high] = points_[low];
        }
        points_[low] = contiguous(made);
      }
    }
    return {points_[low], evaluations_};
  }

 private:
  static Point contiguous(Point point) {
    point.gradient = point.gradient.clone(at::MemoryFormat::Contiguous);
    return point;
  }

  Point evaluate(const Number& t) {
    auto [loss, gradient] = objective_(t);
    ++evaluations_;
    return {t, loss, gradient, Number(gradient.dot(direction_))};
  }

  // Finds an interval that holds a point with the Wolfe conditions; true when such a point is at hand.
  bool bracket(const Number& t) {
    Point previous = start_;
    previous.t = 0.0;
    Point made = evaluate(t);
    while (searches_ < max_) {
      if (Number(made.loss) > start_.loss + c1_ * made.t * start_.slope ||
          (searches_ > 1 && made.loss >= previous.loss)) {
        points_ = {previous, contiguous(made)};
        return false;
      }
      if (absolute(made.slope) <= -c2_ * start_.slope) {
        points_ = {made};
        return true;
      }
      if (made.slope >= 0.0) {
        points_ = {previous, contiguous(made)};
        return false;
      }
      const Bounds bounds{made.t + 0.01 * (made.t - previous.t), made.t * 10.0};
      const Number next = cubic_interpolate(previous.t, previous.loss, previous.slope, made.t, made.loss, made.slope,
                                            bounds);
      previous = contiguous(made);
      made = evaluate(next);
      ++searches_;
    }
    TORCH_CHECK(searches_ == max_, "UnboundLocalError: the line search may evaluate nothing");
    Point first = start_;
    first.t = 0.0;
    points_ = {first, made};
    return false;
  }

  // The next trial in the bracket, kept away from its ends when that makes no progress.
  Number trial(bool& stuck) const {
    const Point &a = points_[0], &b = points_[1];
    const Number t = cubic_interpolate(a.t, a.loss, a.slope, b.t, b.loss, b.slope);
    const Number low = least(a.t, b.t), high = largest(a.t, b.t);
    const Number margin = 0.1 * (high - low);
    const bool near = least(high - t, t - low) < margin;
    const bool moves = near && (stuck || t >= high || t <= low);
    stuck = near && !moves;
    if (!moves) return t;
    return absolute(t - high) < absolute(t - low) ? high - margin : low + margin;
  }

  static constexpr double c1_ = 1e-4;
  static constexpr double c2_ = 0.9;
  static constexpr double tolerance_change_ = 1e-9;
  Objective objective_;
  at::Tensor direction_;
  Point start_;
  int64_t max_;
  int64_t searches_ = 0;
  int64_t evaluations_ = 0;
  std::vector<Point> points_;
};

struct LBFGSOptions : Options {
  explicit LBFGSOptions(Number lr_ = 1.0) {
    lr(lr_).max_iter(20).tolerance_grad(1e-7).tolerance_change(1e-9).history_size(100).line_search_fn("");
  }
};

class LBFGSImpl : public OptimizerImpl {
 public:
  LBFGSImpl(std::vector<ParamGroup> groups_, Options options) : OptimizerImpl(std::move(groups_), options) {
    check_not_negative(options.held_rate(), "learning rate");
    TORCH_CHECK_VALUE(groups.size() == 1, "LBFGS doesn't support per-parameter options (parameter groups)");
    const ParamGroup& group = groups.front();
    if (!group.values().max_eval) group.max_eval(group.max_iter() * 5 / 4);
  }

  void step(const std::function<double()>& loss_of) override {
    TORCH_CHECK(loss_of, "TypeError: LBFGS.step() needs a closure");
    c10::AutoGradMode no_grad(false);
    const ParamGroup& group = groups.front();
    double loss = loss_of();
    int64_t evaluations = 1;
    at::Tensor gradient = gather_gradient();
    if (is_flat(gradient)) return;
    for (int64_t iteration = 1; iteration <= group.max_iter(); ++iteration) {
      ++iterations_;
      update_direction(gradient);
      if (previous_gradient_.defined()) {
        previous_gradient_.copy_(gradient);
      } else {
        previous_gradient_ = gradient.clone(at::MemoryFormat::Contiguous);
      }
      const double previous_loss = loss;
      t_ = iterations_ == 1 ? least(1.0, 1.0 / Number(gradient.abs().sum())) * group.rate() : group.rate();
      const Number slope = gradient.dot(direction_);
      if (slope > -group.tolerance_change()) break;
      bool is_optimal = false;
      if (!group.line_search_fn().empty()) {
        TORCH_CHECK(group.line_search_fn() == "strong_wolfe", "only 'strong_wolfe' is supported");
        const auto found = search(loss_of, {t_, loss, gradient, slope}, group.max_eval() - evaluations);
        t_ = found.point.t;
        loss = found.point.loss;
        gradient = found.point.gradient;
        evaluations += found.evaluations;
        move(t_);
        is_optimal = is_flat(gradient);
      } else {
        move(t_);
        if (iteration != group.max_iter()) {
          loss = loss_of();
          gradient = gather_gradient();
          is_optimal = is_flat(gradient);
          ++evaluations;
        }
      }
      if (iteration == group.max_iter() || evaluations >= group.max_eval() || is_optimal) break;
      if (Number(times(direction_, t_).abs().max()) <= group.tolerance_change()) break;
      if (std::abs(loss - previous_loss) < group.tolerance_change()) break;
    }
  }

 protected:
  void update(const ParamGroup&, at::Tensor, at::Tensor, State&) override {}

 private:
  const std::vector<at::Tensor>& params() const { return groups.front().params(); }
  bool is_flat(const at::Tensor& gradient) const {
    return gradient.abs().max().le(groups.front().tolerance_grad()).item<bool>();
  }

  at::Tensor gather_gradient() const {
    std::vector<at::Tensor> views;
    for (const auto& param : params()) {
      const at::Tensor& gradient = param.grad();
      at::Tensor view;
      if (!gradient.defined()) {
        view = at::zeros({param.numel()}, param.options());
      } else {
        view = gradient.is_sparse() ? gradient.to_dense().view(-1) : gradient.view(-1);
      }
      views.push_back(view.is_complex() ? at::view_as_real(view).view(-1) : view);
    }
    return at::cat(views, 0);
  }

  void move(const Number& t) const {
    int64_t offset = 0;
    for (const auto& held : params()) {
      at::Tensor param = as_real(held);
      param.add_(direction_.slice(0, offset, offset + param.numel()).view_as(param), t.scalar());
      offset += param.numel();
    }
  }

  Found search(const std::function<double()>& loss_of, const Point& start, int64_t max_searches) const {
    std::vector<at::Tensor> initial;
    for (const auto& param : params()) initial.push_back(param.clone(at::MemoryFormat::Contiguous));
    const auto objective = [&](const Number& t) {
      move(t);
      const double loss = loss_of();
      at::Tensor gradient = gather_gradient();
      for (size_t i = 0; i < initial.size(); ++i) at::Tensor(params()[i]).copy_(initial[i]);
      return std::make_pair(loss, gradient);
    };
    return StrongWolfe(objective, direction_, start, max_searches).search(start.t);
  }

  // The approximate inverse Hessian times the gradient, from the steps that are remembered.
  void update_direction(const at::Tensor& gradient) {
    if (iterations_ == 1) {
      direction_ = gradient.neg();
      return;
    }
    remember(gradient.sub(previous_gradient_), times(direction_, t_));
    std::vector<at::Tensor> al(directions_.size());
    at::Tensor q = gradient.neg();
    for (size_t i = directions_.size(); i-- > 0;) {
      al[i] = steps_[i].dot(q) * ro_[i];
      q.add_(directions_[i], (-al[i]).item());
    }
    direction_ = times(q, scale_);
    for (size_t i = 0; i < directions_.size(); ++i) {
      const at::Tensor be = directions_[i].dot(direction_) * ro_[i];
      direction_.add_(steps_[i], (al[i] - be).item());
    }
  }

  void remember(const at::Tensor& y, const at::Tensor& s) {
    const at::Tensor ys = y.dot(s);
    if (!ys.gt(1e-10).item<bool>()) return;
    if (static_cast<int64_t>(directions_.size()) == groups.front().history_size()) {
      directions_.erase(directions_.begin());
      steps_.erase(steps_.begin());
      ro_.erase(ro_.begin());
    }
    directions_.push_back(y);
    steps_.push_back(s);
    ro_.push_back(ys.reciprocal() * 1.0);
    scale_ = ys / y.dot(y);
  }

  int64_t iterations_ = 0;
  at::Tensor direction_;
  Number t_ = 0.0;
  Number scale_ = 1.0;
  std::vector<at::Tensor> directions_, steps_, ro_;
  at::Tensor previous_gradient_;
};
using LBFGS = OptimizerOf<LBFGSImpl>;

}  // namespace py2cpp::optim
