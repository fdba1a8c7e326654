// What torch.func.vmap registers in Python: losses for batches, made of other operations. Programs of C++ register them too.
#pragma once

#include <ATen/ATen.h>
#include <torch/library.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

namespace py2cpp::batched {

// Python computes these in float32 for halves.
template <class Compute>
at::Tensor in_float(const at::Tensor& grad, const at::Tensor& x, const at::Tensor& target, const Compute& compute) {
  const auto dtype = c10::promoteTypes(c10::promoteTypes(grad.scalar_type(), x.scalar_type()), target.scalar_type());
  const auto wide = dtype == at::kHalf || dtype == at::kBFloat16 ? at::kFloat : dtype;
  return compute(grad.to(wide), x.to(wide), target.to(wide)).to(dtype);
}
inline double scale(double whole, const at::Tensor& x, int64_t reduction) {
  return reduction == at::Reduction::Mean ? whole / static_cast<double>(x.numel()) : whole;
}

inline at::Tensor mse_loss_backward(const at::Tensor& grad_output, const at::Tensor& self, const at::Tensor& given,
                                    int64_t reduction) {
  return in_float(grad_output, self, given, [&](const auto& grad, const auto& x, const auto& target) {
    return scale(2.0, x, reduction) * (x - target) * grad;
  });
}

inline at::Tensor smooth_l1_loss_backward(const at::Tensor& grad_output, const at::Tensor& self,
                                          const at::Tensor& given, int64_t reduction, double beta) {
  return in_float(grad_output, self, given, [&](const auto& grad, const auto& x, const auto& target) {
    const auto difference = x - target;
    const auto distance = at::abs(difference);
    const auto scaled = scale(1.0, x, reduction) * grad;
    return at::where(distance < beta, scaled * difference / beta, scaled * at::sign(difference));
  });
}

inline at::Tensor huber_loss_backward(const at::Tensor& grad_output, const at::Tensor& self, const at::Tensor& given,
                                      int64_t reduction, double delta) {
  return in_float(grad_output, self, given, [&](const auto& grad, const auto& x, const auto& target) {
    const double norm = scale(1.0, x, reduction);
    const auto difference = x - target;
    const auto below = -norm * grad * delta, above = norm * grad * delta;
    return at::where(difference < -delta, below, at::where(difference > delta, above, norm * difference * grad));
  });
}

// A weight for each class, along the dimension of the classes.
inline at::Tensor along(const at::Tensor& weight, const at::Tensor& x, int64_t classes) {
  if (x.dim() < 2) return weight;
  std::vector<int64_t> sizes(x.dim(), 1);
  sizes[classes] = weight.size(0);
  return weight.view(sizes);
}

inline std::tuple<at::Tensor, at::Tensor> nll_loss_forward(const at::Tensor& self, const at::Tensor& target,
                                                           const std::optional<at::Tensor>& weight, int64_t reduction,
                                                           int64_t ignore_index) {
  const bool weighted = weight && weight->defined();
  const int64_t classes = self.dim() < 2 ? 0 : 1;
  at::Tensor x = self, weights;
  if (weighted) {
    weights = along(*weight, self, classes);
    x = self * weights;
  }
  const auto counts = target.ne(ignore_index);
  const auto places = at::where(counts, target, 0).unsqueeze(classes);
  auto loss = at::neg(at::gather(x, classes, places).squeeze(classes));
  loss = at::where(target.ne(ignore_index), loss, 0);
  if (reduction == at::Reduction::None && self.dim() > 1) return {loss, x.new_full({}, 0.0)};
  at::Tensor total;
  if (weighted) {
    const auto chosen = at::gather(weights.expand(x.sizes()), classes, places).squeeze(classes);
    total = at::where(target.ne(ignore_index), chosen, 0).sum();
  } else {
    total = target.ne(ignore_index).sum().to(x.options());
  }
  if (reduction == at::Reduction::Sum) loss = loss.sum();
  else if (reduction == at::Reduction::Mean) loss = loss.sum() / total;
  return {loss, total};
}

inline at::Tensor nll_loss_backward(const at::Tensor& grad_output, const at::Tensor& self, const at::Tensor& given,
                                    const std::optional<at::Tensor>& weight, int64_t reduction, int64_t ignore_index,
                                    const at::Tensor& total_weight) {
  const int64_t classes = self.dim() < 2 ? 0 : 1;
  auto grad = reduction == at::Reduction::Mean ? grad_output / total_weight : grad_output;
  auto target = self.dim() == 1 && given.dim() > 0 ? given.select(0, 0) : given;
  target = target.unsqueeze(classes);
  const auto places = at::where(target.ne(ignore_index), target, 0);
  const auto chosen = at::scatter(at::zeros_like(self), classes, places, -1.0);
  if (chosen.dim() > grad.dim() && grad.dim() > 0) grad = grad.unsqueeze(classes);
  if (weight && weight->defined()) {
    std::vector<int64_t> sizes(self.dim(), 1);
    sizes[classes] = weight->size(0);
    grad = grad * weight->reshape(sizes);
  }
  return chosen * at::where(target.ne(ignore_index), grad, 0);
}

inline at::Tensor addr(const at::Tensor& self, const at::Tensor& vec1, const at::Tensor& vec2, const at::Scalar& beta,
                       const at::Scalar& alpha) {
  TORCH_CHECK(self.scalar_type() != at::kBool, "addr of bools has no batching rule");
  const auto expanded = self.expand({vec1.size(0), vec2.size(0)});
  const auto product = at::outer(vec1, vec2) * alpha;
  return beta.equal(0) ? product : beta * expanded + product;
}

struct Registered {
  Registered() : library(torch::Library::IMPL, "aten", c10::DispatchKey::FuncTorchBatched, __FILE__, __LINE__) {
    library.impl("mse_loss_backward", mse_loss_backward);
    library.impl("smooth_l1_loss_backward", smooth_l1_loss_backward);
    library.impl("huber_loss_backward", huber_loss_backward);
    library.impl("nll_loss_forward", nll_loss_forward);
    library.impl("nll_loss2d_forward", nll_loss_forward);
    library.impl("nll_loss_backward", nll_loss_backward);
    library.impl("nll_loss2d_backward", nll_loss_backward);
    library.impl("addr", addr);
  }
  torch::Library library;
};
// Once for each process, when it first batches something: other programs may stand in it, with registrations of theirs.
inline void ensure_registered() { static const Registered registered; }

}  // namespace py2cpp::batched
