// nn.MultiheadAttention and F.multi_head_attention_forward as Python computes them: LibTorch's own never calls
// scaled_dot_product_attention, and has no fast path.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/init.h"
#include "py2cpp/linear.h"

namespace py2cpp {

using Attended = std::tuple<at::Tensor, at::Tensor>;

namespace attention {

// A mask as what is added to the scores: a bool one is minus infinity where it is true.
inline at::Tensor added(const at::Tensor& mask, at::ScalarType dtype) {
  if (!mask.defined() || at::isFloatingType(mask.scalar_type())) return mask;
  require<AssertionError>(mask.scalar_type() == at::kBool, "only bool and floating types of masks are supported");
  return at::zeros_like(mask, mask.options().dtype(dtype)).masked_fill_(mask, -std::numeric_limits<double>::infinity());
}

inline std::optional<at::Tensor> optional(const at::Tensor& mask) {
  return mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt;
}

inline bool is_float(const at::Tensor& mask) { return mask.defined() && at::isFloatingType(mask.scalar_type()); }

// Whether autograd would record an operation on one of these.
inline bool is_recorded(const std::vector<at::Tensor>& tensors) {
  if (!at::GradMode::is_enabled()) return false;
  for (const auto& tensor : tensors) {
    if (tensor.defined() && tensor.requires_grad()) return true;
  }
  return false;
}

// One mask of both, and which kind it is: 1 for padding alone, 2 for one of four dimensions.
inline std::tuple<at::Tensor, std::optional<int64_t>> merged(const at::Tensor& attn_mask, const at::Tensor& padding,
                                                             const at::Tensor& query, int64_t heads) {
  if (!attn_mask.defined()) return {padding, padding.defined() ? std::optional<int64_t>(1) : std::nullopt};
  const auto batch = query.size(0), length = query.size(1);
  auto mask = attn_mask.dim() == 3 ? attn_mask.view({batch, -1, length, length})
                                   : attn_mask.view({1, 1, length, length}).expand({batch, heads, -1, -1});
  if (padding.defined()) mask = mask + padding.view({batch, 1, 1, length}).expand({-1, heads, -1, -1});
  return {mask, 2};
}

inline at::Tensor part(const std::vector<at::Tensor>& parts, size_t i) {
  return parts.empty() ? at::Tensor() : parts[i];
}

// Query, key and value by one matrix; the calls depend on which of them are one tensor.
inline std::tuple<at::Tensor, at::Tensor, at::Tensor> projected(const at::Tensor& q, const at::Tensor& k,
                                                                const at::Tensor& v, const at::Tensor& w,
                                                                const at::Tensor& b) {
  const auto size = q.size(-1);
  const auto several = [size](const at::Tensor& x, int64_t count) {
    return x.unflatten(-1, at::IntArrayRef{count, size}).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous();
  };
  if (k.is_same(v) && q.is_same(k)) {
    const auto all = several(at::linear(q, w, b), 3);
    const auto first = all[0], second = all[1];
    return {first, second, all[2]};
  }
  if (k.is_same(v)) {
    const auto weights = w.split_with_sizes({size, size * 2});
    const auto biases = b.defined() ? b.split_with_sizes({size, size * 2}) : std::vector<at::Tensor>();
    const auto query = at::linear(q, weights[0], part(biases, 0));
    const auto both = several(at::linear(k, weights[1], part(biases, 1)), 2);
    const auto key = both[0];
    return {query, key, both[1]};
  }
  const auto weights = w.chunk(3);
  const auto biases = b.defined() ? b.chunk(3) : std::vector<at::Tensor>();
  const auto query = at::linear(q, weights[0], part(biases, 0));
  const auto key = at::linear(k, weights[1], part(biases, 1));
  return {query, key, at::linear(v, weights[2], part(biases, 2))};
}

// Whether there is a batch dimension, and whether all have it.
inline bool is_batched(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       const at::Tensor& padding, const at::Tensor& attn_mask, int64_t heads) {
  require<AssertionError>(query.dim() == 2 || query.dim() == 3, "query should be unbatched 2D or batched 3D tensor");
  const bool batched = query.dim() == 3;
  require<AssertionError>(key.dim() == query.dim() && value.dim() == query.dim(), "key and value differ from query");
  require<AssertionError>(!padding.defined() || padding.dim() == query.dim() - 1, "key_padding_mask has other dimensions");
  require<AssertionError>(!attn_mask.defined() || attn_mask.dim() == 2 || attn_mask.dim() == 3, "attn_mask is 2-D or 3-D");
  if (!batched && attn_mask.defined() && attn_mask.dim() == 3) {
    require<AssertionError>(attn_mask.sizes() == at::IntArrayRef{heads, query.size(0), key.size(0)}, "attn_mask's shape");
  }
  return batched;
}

}  // namespace attention

// The parameters that F.multi_head_attention_forward takes.
struct AttentionParameters {
  at::Tensor in_proj_weight, in_proj_bias, bias_k, bias_v;
  bool add_zero_attn = false;
  double dropout_p = 0.0;
  at::Tensor out_proj_weight, out_proj_bias;
  bool use_separate_proj_weight = false;
  at::Tensor q_proj_weight, k_proj_weight, v_proj_weight;
  at::Tensor static_k, static_v;  // what takes the place of the projected key and value
};

// What one call of F.multi_head_attention_forward asks for.
struct AttentionCall {
  bool training = true;
  at::Tensor key_padding_mask;
  bool need_weights = true;
  at::Tensor attn_mask;
  bool average_attn_weights = true;
  bool is_causal = false;
};

namespace attention {

inline std::tuple<at::Tensor, at::Tensor, at::Tensor> projected(const at::Tensor& query, const at::Tensor& key,
                                                                const at::Tensor& value,
                                                                const AttentionParameters& given) {
  if (!given.use_separate_proj_weight) {
    require<AssertionError>(key.sizes() == value.sizes(), "key shape does not match value shape");
    require<AssertionError>(given.in_proj_weight.defined(), "in_proj_weight is None");
    return projected(query, key, value, given.in_proj_weight, given.in_proj_bias);
  }
  require<AssertionError>(key.sizes().slice(0, 2) == value.sizes().slice(0, 2), "key's dims do not match value's");
  for (const auto& weight : {given.q_proj_weight, given.k_proj_weight, given.v_proj_weight}) {
    require<AssertionError>(weight.defined(), "use_separate_proj_weight needs three weights");
  }
  const auto biases = given.in_proj_bias.defined() ? given.in_proj_bias.chunk(3) : std::vector<at::Tensor>();
  const auto q = at::linear(query, given.q_proj_weight, part(biases, 0));
  const auto k = at::linear(key, given.k_proj_weight, part(biases, 1));
  return {q, k, at::linear(value, given.v_proj_weight, part(biases, 2))};
}

// A projected key or value of each head, or the static one.
inline at::Tensor of_heads(const at::Tensor& projected, const at::Tensor& given, int64_t heads, int64_t size) {
  if (!given.defined()) return projected.view({projected.size(0), heads, size}).transpose(0, 1);
  require<AssertionError>(given.size(0) == heads && given.size(2) == size, "a static tensor has another shape");
  return given;
}

inline void extend(at::Tensor& mask) {
  if (mask.defined()) mask = at::pad(mask, {0, 1});
}

// With the weights of each head, or their mean.
inline Attended weighted(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask,
                         int64_t heads, double dropout_p, const AttentionParameters& given, bool average) {
  const auto batch = q.size(0) / heads, length = q.size(1), embedding = q.size(2) * heads;
  const auto scaled = q * std::sqrt(1.0 / static_cast<double>(q.size(2)));
  const auto keys = k.transpose(-2, -1);
  auto weights = mask.defined() ? at::baddbmm(mask, scaled, keys) : at::bmm(scaled, keys);
  weights = weights.softmax(-1);
  if (dropout_p > 0.0) weights = at::dropout(weights, dropout_p, true);
  auto output = at::bmm(weights, v).transpose(0, 1).reshape({length * batch, embedding});
  output = at::linear(output, given.out_proj_weight, given.out_proj_bias);
  output = output.view({length, batch, output.size(1)});
  weights = weights.view({batch, heads, length, k.size(1)});
  return {output, average ? weights.mean(1) : weights};
}

inline at::Tensor unweighted(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::Tensor mask,
                             int64_t heads, double dropout_p, const AttentionParameters& given, bool is_causal) {
  const auto batch = q.size(0) / heads, length = q.size(1), source = k.size(1), size = q.size(2);
  if (mask.defined()) {
    mask = mask.size(0) == 1 && mask.dim() == 3 ? mask.unsqueeze(0) : mask.view({batch, heads, -1, source});
  }
  const auto query = q.view({batch, heads, length, size});
  const auto key = k.view({batch, heads, source, size});
  const auto value = v.view({batch, heads, source, size});
  auto output = at::scaled_dot_product_attention(query, key, value, optional(mask), dropout_p, is_causal);
  output = output.permute({2, 0, 1, 3}).reshape({batch * length, size * heads});
  output = at::linear(output, given.out_proj_weight, given.out_proj_bias);
  return output.view({length, batch, output.size(1)});
}

}  // namespace attention

// F.multi_head_attention_forward: the attention, and its weights where they are asked for.
inline Attended multi_head_attention_forward(at::Tensor query, at::Tensor key, at::Tensor value, int64_t embed_dim,
                                             int64_t heads, const AttentionParameters& given,
                                             const AttentionCall& call) {
  auto padding = call.key_padding_mask, mask = call.attn_mask;
  const bool batched = attention::is_batched(query, key, value, padding, mask, heads);
  if (!batched) {
    query = query.unsqueeze(1);
    key = key.unsqueeze(1);
    value = value.unsqueeze(1);
    if (padding.defined()) padding = padding.unsqueeze(0);
  }
  const auto length = query.size(0), batch = query.size(1), size = query.size(2) / heads;
  padding = attention::added(padding, query.scalar_type());
  TORCH_CHECK(!call.is_causal || mask.defined(), "Need attn_mask if specifying the is_causal hint.");
  bool is_causal = call.is_causal;
  if (is_causal && !padding.defined() && !call.need_weights) {
    mask = at::Tensor();
  } else {
    mask = attention::added(mask, query.scalar_type());
    if (padding.defined()) is_causal = false;
  }
  require<AssertionError>(query.size(2) == embed_dim, "was expecting another embedding dimension");
  require<AssertionError>(size * heads == embed_dim, "embed_dim not divisible by num_heads");
  auto [q, k, v] = attention::projected(query, key, value, given);
  if (mask.defined()) {
    const auto rows = mask.dim() == 2 ? 1 : batch * heads;
    if (mask.dim() == 2) mask = mask.unsqueeze(0);
    TORCH_CHECK(mask.sizes() == at::IntArrayRef({rows, length, key.size(0)}), "attn_mask has another shape");
  }
  require<AssertionError>(given.bias_k.defined() == given.bias_v.defined(), "one of bias_k and bias_v is None");
  if (given.bias_k.defined()) {
    require<AssertionError>(!given.static_k.defined() && !given.static_v.defined(), "bias cannot be added to static ones");
    k = at::cat({k, given.bias_k.repeat({1, batch, 1})});
    v = at::cat({v, given.bias_v.repeat({1, batch, 1})});
    attention::extend(mask);
    attention::extend(padding);
  }
  q = q.view({length, batch * heads, size}).transpose(0, 1);
  k = attention::of_heads(k, given.static_k, batch * heads, size);
  v = attention::of_heads(v, given.static_v, batch * heads, size);
  if (given.add_zero_attn) {
    k = at::cat({k, at::zeros({batch * heads, 1, size}, k.options())}, 1);
    v = at::cat({v, at::zeros({batch * heads, 1, size}, v.options())}, 1);
    attention::extend(mask);
    attention::extend(padding);
  }
  const auto source = k.size(1);
  if (padding.defined()) {
    require<AssertionError>(padding.size(0) == batch && padding.size(1) == source, "key_padding_mask has another shape");
    padding = padding.view({batch, 1, 1, source}).expand({-1, heads, -1, -1}).reshape({batch * heads, 1, source});
    mask = mask.defined() ? mask + padding : padding;
  }
  const double dropout_p = call.training ? given.dropout_p : 0.0;
  if (!call.need_weights) {
    const auto output = attention::unweighted(q, k, v, mask, heads, dropout_p, given, is_causal);
    return {batched ? output : output.squeeze(1), at::Tensor()};
  }
  auto [output, weights] = attention::weighted(q, k, v, mask, heads, dropout_p, given, call.average_attn_weights);
  if (batched) return {output, weights};
  const auto single = output.squeeze(1);
  return {single, weights.squeeze(0)};
}

// What the output projection is called in Python.
class NonDynamicallyQuantizableLinearImpl : public LinearImpl {
 public:
  using LinearImpl::LinearImpl;
  PY2CPP_COPIED(weight, bias)
};

class MultiheadAttentionImpl : public torch::nn::Module {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads, double dropout = 0.0, bool bias = true,
                         bool add_bias_kv = false, bool add_zero_attn = false,
                         std::optional<int64_t> kdim = std::nullopt, std::optional<int64_t> vdim = std::nullopt,
                         bool batch_first = false)
      : embed_dim(embed_dim), num_heads(num_heads), dropout(dropout), batch_first(batch_first),
        add_zero_attn(add_zero_attn), kdim(kdim.value_or(embed_dim)), vdim(vdim.value_or(embed_dim)),
        head_dim(num_heads > 0 ? embed_dim / num_heads : 0) {
    TORCH_CHECK_VALUE(embed_dim > 0 && num_heads > 0, "embed_dim and num_heads must be greater than 0");
    require<AssertionError>(head_dim * num_heads == embed_dim, "embed_dim must be divisible by num_heads");
    if (is_packed()) {
      in_proj_weight = register_parameter("in_proj_weight", at::empty({3 * embed_dim, embed_dim}));
    } else {
      q_proj_weight = register_parameter("q_proj_weight", at::empty({embed_dim, embed_dim}));
      k_proj_weight = register_parameter("k_proj_weight", at::empty({embed_dim, this->kdim}));
      v_proj_weight = register_parameter("v_proj_weight", at::empty({embed_dim, this->vdim}));
    }
    if (bias) in_proj_bias = register_parameter("in_proj_bias", at::empty({3 * embed_dim}));
    const auto options = torch::nn::LinearOptions(embed_dim, embed_dim).bias(bias);
    const std::shared_ptr<LinearImpl> projection = std::make_shared<NonDynamicallyQuantizableLinearImpl>(options);
    out_proj = register_module("out_proj", Linear(projection));
    if (add_bias_kv) {
      bias_k = register_parameter("bias_k", at::empty({1, 1, embed_dim}));
      bias_v = register_parameter("bias_v", at::empty({1, 1, embed_dim}));
    }
    reset_parameters();
  }

  // Whether query, key and value have one size, and one matrix.
  bool is_packed() const { return kdim == embed_dim && vdim == embed_dim; }

  Attended forward(at::Tensor query, at::Tensor key, at::Tensor value, at::Tensor key_padding_mask = {},
                   bool need_weights = true, at::Tensor attn_mask = {}, bool average_attn_weights = true,
                   bool is_causal = false) {
    const bool slow = attention::is_float(attn_mask) || attention::is_float(key_padding_mask);
    const bool batched = query.dim() == 3;
    key_padding_mask = attention::added(key_padding_mask, query.scalar_type());
    attn_mask = attention::added(attn_mask, query.scalar_type());
    if (!slow && is_fast(query, key, value)) {
      const auto [mask, kind] = attention::merged(attn_mask, key_padding_mask, query, num_heads);
      return at::_native_multi_head_attention(query, key, value, embed_dim, num_heads, in_proj_weight, in_proj_bias,
                                              out_proj->weight, out_proj->bias, attention::optional(mask), need_weights,
                                              average_attn_weights, kind);
    }
    if (batch_first && batched) transpose(query, key, value);
    const AttentionParameters given{in_proj_weight, in_proj_bias,     bias_k,         bias_v, add_zero_attn,
                                    dropout,        out_proj->weight, out_proj->bias, !is_packed(),
                                    q_proj_weight,  k_proj_weight,    v_proj_weight,  {},     {}};
    const AttentionCall call{is_training(), key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal};
    const auto [output, weights] = multi_head_attention_forward(query, key, value, embed_dim, num_heads, given, call);
    return {batch_first && batched ? output.transpose(1, 0) : output, weights};
  }

  int64_t embed_dim, num_heads;
  double dropout;
  bool batch_first, add_zero_attn;
  int64_t kdim, vdim, head_dim;
  at::Tensor in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, bias_k, bias_v;
  Linear out_proj{nullptr};
  PY2CPP_COPIED(in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, bias_k, bias_v, out_proj)

 protected:
  FORWARD_HAS_DEFAULT_ARGS({3, torch::nn::AnyValue(at::Tensor())}, {4, torch::nn::AnyValue(true)},
                           {5, torch::nn::AnyValue(at::Tensor())}, {6, torch::nn::AnyValue(true)},
                           {7, torch::nn::AnyValue(false)})

 private:
  void reset_parameters() {
    for (const auto& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight}) {
      if (weight.defined()) init::xavier_uniform_(weight);
    }
    torch::NoGradGuard no_grad;
    if (in_proj_bias.defined()) {
      in_proj_bias.zero_();
      out_proj->bias.zero_();
    }
    if (bias_k.defined()) init::xavier_normal_(bias_k);
    if (bias_v.defined()) init::xavier_normal_(bias_v);
  }

  // Whether Python takes the path for inference.
  bool is_fast(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) const {
    if (query.dim() != 3 || !query.is_same(key) || !key.is_same(value) || !in_proj_weight.defined()) return false;
    if (!in_proj_bias.defined() || query.scalar_type() != in_proj_bias.scalar_type()) return false;
    if (query.scalar_type() != in_proj_weight.scalar_type() || is_training() || num_heads % 2 != 0) return false;
    if (!batch_first || bias_k.defined() || add_zero_attn) return false;
    return !attention::is_recorded({query, in_proj_weight, in_proj_bias, out_proj->weight, out_proj->bias});
  }

  // To sequences first; what was one tensor stays one.
  static void transpose(at::Tensor& query, at::Tensor& key, at::Tensor& value) {
    const bool one_key = key.is_same(value), one = query.is_same(key);
    query = query.transpose(1, 0);
    key = one_key && one ? query : key.transpose(1, 0);
    value = one_key ? key : value.transpose(1, 0);
  }
};
TORCH_MODULE(MultiheadAttention);

}  // namespace py2cpp
