// Mixtures of distributions of one family: the operations of torch.distributions.MixtureSameFamily in their order.
#pragma once

#include <cstdint>
#include <utility>

#include "py2cpp/vector_distributions.h"

namespace py2cpp::distributions {

namespace detail {
inline int64_t event_dims(const Normal&) { return 0; }
template <class Distribution>
int64_t event_dims(const Independent<Distribution>& distribution) {
  return distribution.dims();
}
}  // namespace detail

template <class Component>
class MixtureSameFamily {
 public:
  MixtureSameFamily() = default;
  MixtureSameFamily(Categorical mixture, Component component)
      : mixture_(std::move(mixture)), component_(std::move(component)), event_dims_(detail::event_dims(component_)) {
    const Shape shape = component_.mean().sizes().vec();
    const auto batch_end = shape.end() - event_dims_;
    TORCH_CHECK_VALUE(batch_end > shape.begin(), "a mixture needs a batch of components");
    batch_.assign(shape.begin(), batch_end - 1);
    event_.assign(batch_end, shape.end());
    const int64_t count = mixture_.logits().size(-1);
    TORCH_CHECK_VALUE(count == *(batch_end - 1), "`mixture_distribution component` (", count,
                      ") does not equal `component_distribution.batch_shape[-1]` (", *(batch_end - 1), ")");
    const Shape mixed(mixture_.logits().sizes().begin(), mixture_.logits().sizes().end() - 1);
    for (size_t i = 1; i <= mixed.size() && i <= batch_.size(); ++i) {
      const int64_t a = mixed[mixed.size() - i], b = batch_[batch_.size() - i];
      TORCH_CHECK_VALUE(a == 1 || b == 1 || a == b, "`mixture_distribution.batch_shape` is not compatible");
    }
  }

  const Categorical& mixture_distribution() const { return mixture_; }
  const Component& component_distribution() const { return component_; }

  at::Tensor mean() const {
    const at::Tensor probs = padded_probs();
    return probs.mul(component_.mean()).sum({-1 - event_dims_});
  }
  at::Tensor variance() const {
    const at::Tensor probs = padded_probs();
    const at::Tensor within = probs.mul(component_.variance()).sum({-1 - event_dims_});
    const at::Tensor means = component_.mean();
    const at::Tensor between = probs.mul(means.sub(padded(mean())).pow(2.0)).sum({-1 - event_dims_});
    return within.add(between);
  }
  at::Tensor stddev() const { return variance().sqrt(); }

  at::Tensor log_prob(const at::Tensor& value) const {
    const at::IntArrayRef sizes = value.sizes();
    TORCH_CHECK_VALUE(value.dim() >= event_dims_ && sizes.slice(value.dim() - event_dims_) == at::IntArrayRef(event_),
                      "The right-most size of value must match event_shape");
    const at::Tensor each = component_.log_prob(padded(value));
    const at::Tensor mixed = at::log_softmax(mixture_.logits(), -1);
    return at::logsumexp(each.add(mixed), {-1});
  }

  at::Tensor sample(const Shape& sample_shape = {}) const {
    at::NoGradGuard no_grad;
    const auto place = static_cast<int64_t>(sample_shape.size() + batch_.size());
    const at::Tensor chosen = mixture_.sample(sample_shape);
    const at::Tensor drawn = component_.sample(sample_shape);
    Shape shape = chosen.sizes().vec();
    Shape times(shape.size() + 1, 1);
    shape.insert(shape.end(), event_.size() + 1, 1);
    times.insert(times.end(), event_.begin(), event_.end());
    return drawn.gather(place, chosen.reshape(shape).repeat(times)).squeeze(place);
  }

 private:
  at::Tensor padded(const at::Tensor& value) const { return value.unsqueeze(-1 - event_dims_); }
  at::Tensor padded_probs() const {
    const at::Tensor& probs = mixture_.probs();
    const auto own = static_cast<size_t>(probs.dim() - 1);
    Shape shape(probs.sizes().begin(), probs.sizes().end() - 1);
    if (own != 1) shape.insert(shape.end(), batch_.size() - own, 1);
    shape.push_back(probs.size(-1));
    shape.insert(shape.end(), event_dims_, 1);
    return probs.reshape(shape);
  }

  Categorical mixture_;
  Component component_;
  int64_t event_dims_ = 0;
  Shape batch_, event_;
};

}  // namespace py2cpp::distributions
