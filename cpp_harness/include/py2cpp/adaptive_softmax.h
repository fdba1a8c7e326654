// nn.AdaptiveLogSoftmaxWithLoss: LibTorch's own draws its parameters in another order.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "py2cpp/copy.h"
#include "py2cpp/linear.h"
#include "py2cpp/modules.h"
#include "py2cpp/number.h"

namespace py2cpp {

namespace detail {
// Python draws nothing for weights without elements, for which LibTorch knows no bounds.
inline Linear projection(int64_t in, int64_t out) {
  if (in > 0) return Linear(torch::nn::LinearOptions(in, out).bias(false));
  return without_draws([&] {
    Linear made(torch::nn::LinearOptions(1, out).bias(false));
    made->options.in_features(0);
    made->weight.set_data(at::empty({out, 0}));
    return made;
  });
}
}  // namespace detail

class AdaptiveLogSoftmaxWithLossImpl : public torch::nn::Module {
 public:
  AdaptiveLogSoftmaxWithLossImpl(int64_t in_features, int64_t n_classes, std::vector<int64_t> given,
                                 double div_value = 4.0, bool head_bias = false)
      : n_classes(n_classes), cutoffs(std::move(given)) {
    TORCH_CHECK_VALUE(!cutoffs.empty(), "cutoffs should be a sequence of length larger than 0");
    const bool is_sorted = std::is_sorted(cutoffs.begin(), cutoffs.end(), std::less_equal<int64_t>());
    TORCH_CHECK_VALUE(is_sorted && cutoffs.front() > 0 && cutoffs.back() < n_classes,
                      "cutoffs should be a sequence of unique, positive integers sorted in an increasing order");
    cutoffs.push_back(n_classes);
    const auto clusters = static_cast<int64_t>(cutoffs.size()) - 1;
    head = Linear(torch::nn::LinearOptions(in_features, cutoffs[0] + clusters).bias(head_bias));
    for (int64_t i = 0; i < clusters; ++i) {
      const double part = std::pow(div_value, static_cast<double>(i + 1));
      const auto hidden = static_cast<int64_t>(floor_div(static_cast<double>(in_features), part));
      torch::nn::Sequential projection;
      projection->push_back(detail::projection(in_features, hidden));
      projection->push_back(detail::projection(hidden, cutoffs[i + 1] - cutoffs[i]));
      tail->push_back(projection);
    }
    register_module("head", head);
    register_module("tail", tail);
  }

  void reset_parameters() {
    head->reset_parameters();
    for (const auto& projection : tail) {
      for (const auto& layer : projection->children()) layer->as<Linear>()->reset_parameters();
    }
  }

  std::tuple<at::Tensor, at::Tensor> forward(const at::Tensor& input_, const at::Tensor& target_) {
    check(input_, target_);
    const bool is_batched = target_.dim() > 0;
    const at::Tensor input = is_batched ? input_ : input_.unsqueeze(0);
    const at::Tensor target = is_batched ? target_ : target_.unsqueeze(0);
    at::Tensor output = input.new_zeros({target.size(0)});
    at::Tensor places = target.new_empty({target.size(0)});
    int64_t used = 0;
    for (size_t i = 0; i < cutoffs.size(); ++i) {
      const int64_t low = i == 0 ? 0 : cutoffs[i - 1];
      const at::Tensor mask = (target >= low).__and__(target < cutoffs[i]);
      const at::Tensor rows = mask.nonzero().squeeze();
      if (rows.numel() == 0) continue;
      if (i == 0) {
        places.index_copy_(0, rows, target.index({mask}));
      } else {
        const at::Tensor relative = target.index({mask}) - low;
        const at::Tensor cluster = tail[i - 1]->forward(input.index_select(0, rows));
        places.index_fill_(0, rows, cutoffs[0] + static_cast<int64_t>(i) - 1);
        const at::Tensor local = at::log_softmax(cluster, 1).gather(1, relative.unsqueeze(1));
        output.index_copy_(0, rows, local.squeeze(1));
      }
      used += rows.numel();
    }
    TORCH_CHECK(used == target.size(0), "Target values should be in [0, ", n_classes - 1, "]");
    const at::Tensor head_logprob = at::log_softmax(head->forward(input), 1);
    output += head_logprob.gather(1, places.unsqueeze(1)).squeeze();
    const at::Tensor loss = (-output).mean();
    return {is_batched ? output : output.squeeze(0), loss};
  }

  at::Tensor log_prob(const at::Tensor& input) { return full_log_prob(input, head->forward(input)); }

  at::Tensor predict(const at::Tensor& input) {
    const at::Tensor head_output = head->forward(input);
    at::Tensor output = at::argmax(head_output, 1);
    const at::Tensor is_outside = output >= cutoffs[0];
    if (!is_outside.any().item<bool>()) return output;
    if (is_outside.all().item<bool>()) return at::argmax(full_log_prob(input, head_output), 1);
    const at::Tensor found = full_log_prob(input.index({is_outside}), head_output.index({is_outside}));
    output.index_put_({is_outside}, at::argmax(found, 1));
    return output;
  }

  int64_t n_classes;
  std::vector<int64_t> cutoffs;
  Linear head{nullptr};
  ModuleList<torch::nn::Sequential> tail;
  PY2CPP_COPIED(head, tail)

 private:
  static void check(const at::Tensor& input, const at::Tensor& target) {
    TORCH_CHECK(target.dim() < 2, "0D or 1D target tensor expected, multi-target not supported");
    TORCH_CHECK(target.dim() == 0 || input.size(0) == target.size(0),
                "Input and target should have the same size in the batch dimension.");
    TORCH_CHECK(input.dim() == target.dim() + 1, target.dim(), "D target tensor expects ", target.dim() + 1,
                "D input tensors");
  }

  at::Tensor full_log_prob(const at::Tensor& input, const at::Tensor& head_output) {
    at::Tensor out = input.new_empty({head_output.size(0), n_classes});
    const at::Tensor head_logprob = at::log_softmax(head_output, 1);
    const int64_t shortlist = cutoffs[0];
    out.slice(1, 0, shortlist).copy_(head_logprob.slice(1, 0, shortlist));
    for (size_t i = 0; i + 1 < cutoffs.size(); ++i) {
      const at::Tensor cluster = at::log_softmax(tail[i]->forward(input), 1);
      const at::Tensor of_head = head_logprob.select(1, shortlist + static_cast<int64_t>(i)).unsqueeze(1);
      out.slice(1, cutoffs[i], cutoffs[i + 1]).copy_(cluster + of_head);
    }
    return out;
  }
};
TORCH_MODULE(AdaptiveLogSoftmaxWithLoss);

}  // namespace py2cpp
