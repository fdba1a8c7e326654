// The transformers of torch.nn as Python computes them: by scaled_dot_product_attention, with its fast path.
#pragma once

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/attention.h"
#include "py2cpp/copy.h"
#include "py2cpp/layers.h"
#include "py2cpp/modules.h"

namespace py2cpp {

// What a feed-forward block applies: "relu", "gelu", or any function.
class Activation {
 public:
  Activation(const char* name) : Activation(std::string(name)) {}
  Activation(const std::string& name) : name_(name) {
    TORCH_CHECK(name == "relu" || name == "gelu", "activation should be relu/gelu, not ", name);
  }
  template <class F, class = std::enable_if_t<std::is_invocable_r_v<at::Tensor, F, at::Tensor>>>
  Activation(F function) : function_(std::move(function)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return function_ ? function_(x) : name_ == "relu" ? at::relu(x) : at::gelu(x);
  }
  bool is_gelu() const { return name_ == "gelu"; }
  bool is_known() const { return !function_; }

 private:
  std::string name_;
  std::function<at::Tensor(at::Tensor)> function_;
};

// The options that encoder and decoder layers share.
struct TransformerLayerOptions {
  int64_t d_model, nhead, dim_feedforward = 2048;
  double dropout = 0.1;
  Activation activation = "relu";
  double layer_norm_eps = 1e-5;
  bool batch_first = false, norm_first = false, bias = true;
};

namespace detail {
inline MultiheadAttention self_attention(const TransformerLayerOptions& given) {
  return MultiheadAttention(given.d_model, given.nhead, given.dropout, given.bias, false, false, std::nullopt,
                            std::nullopt, given.batch_first);
}
inline Linear linear(int64_t in, int64_t out, const TransformerLayerOptions& given) {
  return Linear(torch::nn::LinearOptions(in, out).bias(given.bias));
}
inline torch::nn::LayerNorm layer_norm(const TransformerLayerOptions& given) {
  const auto options = torch::nn::LayerNormOptions({given.d_model}).eps(given.layer_norm_eps);
  return given.bias ? torch::nn::LayerNorm(options) : without_bias<torch::nn::LayerNorm>(options);
}

inline at::Tensor causal(int64_t size, const at::TensorOptions& options) {
  return at::triu(at::full({size, size}, -std::numeric_limits<double>::infinity(), options), 1);
}
// Whether a mask is said to be causal, or found to be.
inline bool is_causal(const at::Tensor& mask, std::optional<bool> said, const at::Tensor& source, bool batch_first) {
  if (said || !mask.defined()) return said.value_or(false);
  const auto size = source.is_nested() ? mask.size(-2) : source.dim() == 2 ? source.size(0) : source.size(batch_first);
  const auto expected = causal(size, at::TensorOptions(mask.scalar_type()).device(mask.device()));
  return mask.sizes() == expected.sizes() && (mask == expected).all().item<bool>();
}
}  // namespace detail

// nn.Transformer.generate_square_subsequent_mask
inline at::Tensor square_subsequent_mask(int64_t size, at::TensorOptions options = {}) {
  return detail::causal(size, options);
}

class TransformerEncoderLayerImpl : public torch::nn::Module {
 public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead, int64_t dim_feedforward = 2048, double dropout = 0.1,
                              Activation activation = "relu", double layer_norm_eps = 1e-5, bool batch_first = false,
                              bool norm_first = false, bool bias = true)
      : TransformerEncoderLayerImpl(TransformerLayerOptions{d_model, nhead, dim_feedforward, dropout,
                                                            std::move(activation), layer_norm_eps, batch_first,
                                                            norm_first, bias}) {}
  explicit TransformerEncoderLayerImpl(const TransformerLayerOptions& given) : options(given) {
    self_attn = register_module("self_attn", detail::self_attention(given));
    linear1 = register_module("linear1", detail::linear(given.d_model, given.dim_feedforward, given));
    dropout = register_module("dropout", torch::nn::Dropout(given.dropout));
    linear2 = register_module("linear2", detail::linear(given.dim_feedforward, given.d_model, given));
    norm1 = register_module("norm1", detail::layer_norm(given));
    norm2 = register_module("norm2", detail::layer_norm(given));
    dropout1 = register_module("dropout1", torch::nn::Dropout(given.dropout));
    dropout2 = register_module("dropout2", torch::nn::Dropout(given.dropout));
  }

  at::Tensor forward(const at::Tensor& src, at::Tensor src_mask = {}, at::Tensor src_key_padding_mask = {},
                     bool is_causal = false) {
    const auto padding = attention::added(src_key_padding_mask, src.scalar_type());
    const auto mask = attention::added(src_mask, src.scalar_type());
    if (is_fast(src, mask, padding)) return fast(src, mask, padding);
    auto x = src;
    if (options.norm_first) {
      x = x + attended(norm1(x), mask, padding, is_causal);
      return x + fed_forward(norm2(x));
    }
    x = norm1(x + attended(x, mask, padding, is_causal));
    return norm2(x + fed_forward(x));
  }

  TransformerLayerOptions options;
  MultiheadAttention self_attn{nullptr};
  Linear linear1{nullptr}, linear2{nullptr};
  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  torch::nn::Dropout dropout{nullptr}, dropout1{nullptr}, dropout2{nullptr};
  PY2CPP_COPIED(self_attn, linear1, linear2, norm1, norm2, dropout, dropout1, dropout2)

  // What the fast paths read; none of it may be recorded.
  std::vector<at::Tensor> read(const at::Tensor& src) const {
    return {src,           self_attn->in_proj_weight, self_attn->in_proj_bias, self_attn->out_proj->weight,
            self_attn->out_proj->bias, norm1->weight, norm1->bias,             norm2->weight,
            norm2->bias,   linear1->weight,           linear1->bias,           linear2->weight,
            linear2->bias};
  }
  // Whether its options, those of the two norms among them, are such as Python has a fast path for.
  bool may_be_fast() const {
    return options.batch_first && options.bias && options.activation.is_known() && options.nhead % 2 == 0 &&
           norm1->options.eps() == norm2->options.eps();
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(at::Tensor())}, {2, torch::nn::AnyValue(at::Tensor())},
                           {3, torch::nn::AnyValue(false)})

 private:
  bool is_fast(const at::Tensor& src, const at::Tensor& mask, const at::Tensor& padding) const {
    if (src.dim() != 3 || is_training() || !may_be_fast()) return false;
    if (src.is_nested() && (mask.defined() || padding.defined())) return false;
    return !attention::is_recorded(read(src));
  }
  at::Tensor fast(const at::Tensor& src, const at::Tensor& mask, const at::Tensor& padding) const {
    const auto [merged, kind] = attention::merged(mask, padding, src, options.nhead);
    return at::_transformer_encoder_layer_fwd(
        src, options.d_model, options.nhead, self_attn->in_proj_weight, self_attn->in_proj_bias,
        self_attn->out_proj->weight, self_attn->out_proj->bias, options.activation.is_gelu(), options.norm_first,
        norm1->options.eps(), norm1->weight, norm1->bias, norm2->weight, norm2->bias, linear1->weight, linear1->bias,
        linear2->weight, linear2->bias, attention::optional(merged), kind);
  }
  at::Tensor attended(const at::Tensor& x, const at::Tensor& mask, const at::Tensor& padding, bool is_causal) {
    return dropout1(std::get<0>(self_attn->forward(x, x, x, padding, false, mask, true, is_causal)));
  }
  at::Tensor fed_forward(const at::Tensor& x) {
    return dropout2(linear2(dropout(options.activation(linear1(x)))));
  }
};
TORCH_MODULE(TransformerEncoderLayer);

class TransformerDecoderLayerImpl : public torch::nn::Module {
 public:
  TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead, int64_t dim_feedforward = 2048, double dropout = 0.1,
                              Activation activation = "relu", double layer_norm_eps = 1e-5, bool batch_first = false,
                              bool norm_first = false, bool bias = true)
      : TransformerDecoderLayerImpl(TransformerLayerOptions{d_model, nhead, dim_feedforward, dropout,
                                                            std::move(activation), layer_norm_eps, batch_first,
                                                            norm_first, bias}) {}
  explicit TransformerDecoderLayerImpl(const TransformerLayerOptions& given) : options(given) {
    self_attn = register_module("self_attn", detail::self_attention(given));
    multihead_attn = register_module("multihead_attn", detail::self_attention(given));
    linear1 = register_module("linear1", detail::linear(given.d_model, given.dim_feedforward, given));
    dropout = register_module("dropout", torch::nn::Dropout(given.dropout));
    linear2 = register_module("linear2", detail::linear(given.dim_feedforward, given.d_model, given));
    norm1 = register_module("norm1", detail::layer_norm(given));
    norm2 = register_module("norm2", detail::layer_norm(given));
    norm3 = register_module("norm3", detail::layer_norm(given));
    dropout1 = register_module("dropout1", torch::nn::Dropout(given.dropout));
    dropout2 = register_module("dropout2", torch::nn::Dropout(given.dropout));
    dropout3 = register_module("dropout3", torch::nn::Dropout(given.dropout));
  }

  at::Tensor forward(const at::Tensor& tgt, const at::Tensor& memory, at::Tensor tgt_mask = {},
                     at::Tensor memory_mask = {}, at::Tensor tgt_key_padding_mask = {},
                     at::Tensor memory_key_padding_mask = {}, bool tgt_is_causal = false,
                     bool memory_is_causal = false) {
    const auto own = [&](const at::Tensor& x) {
      const auto found = self_attn->forward(x, x, x, tgt_key_padding_mask, false, tgt_mask, true, tgt_is_causal);
      return dropout1(std::get<0>(found));
    };
    const auto crossed = [&](const at::Tensor& x) {
      const auto found = multihead_attn->forward(x, memory, memory, memory_key_padding_mask, false, memory_mask, true,
                                                 memory_is_causal);
      return dropout2(std::get<0>(found));
    };
    const auto fed_forward = [&](const at::Tensor& x) {
      return dropout3(linear2(dropout(options.activation(linear1(x)))));
    };
    auto x = tgt;
    if (options.norm_first) {
      x = x + own(norm1(x));
      x = x + crossed(norm2(x));
      return x + fed_forward(norm3(x));
    }
    x = norm1(x + own(x));
    x = norm2(x + crossed(x));
    return norm3(x + fed_forward(x));
  }

  TransformerLayerOptions options;
  MultiheadAttention self_attn{nullptr}, multihead_attn{nullptr};
  Linear linear1{nullptr}, linear2{nullptr};
  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr}, norm3{nullptr};
  torch::nn::Dropout dropout{nullptr}, dropout1{nullptr}, dropout2{nullptr}, dropout3{nullptr};
  PY2CPP_COPIED(self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3, dropout, dropout1, dropout2, dropout3)
};
TORCH_MODULE(TransformerDecoderLayer);

namespace detail {
// Copies of a layer that draw nothing.
template <class Layer>
ModuleList<Layer> copies(const Layer& layer, int64_t count) {
  ModuleList<Layer> made{std::vector<Layer>()};
  for (int64_t i = 0; i < count; ++i) made.push_back(deep_copy(layer));
  return made;
}
}  // namespace detail

class TransformerEncoderImpl : public torch::nn::Module {
 public:
  TransformerEncoderImpl(const TransformerEncoderLayer& layer, int64_t num_layers,
                         std::optional<torch::nn::LayerNorm> norm = std::nullopt, bool enable_nested_tensor = true,
                         bool mask_check = true)
      : nests(enable_nested_tensor && !layer->options.norm_first && layer->may_be_fast()), mask_check(mask_check) {
    layers = register_module("layers", detail::copies(layer, num_layers));
    if (norm && !norm->is_empty()) this->norm = register_module("norm", *norm);
  }

  at::Tensor forward(const at::Tensor& src, at::Tensor mask = {}, at::Tensor src_key_padding_mask = {},
                     std::optional<bool> is_causal = std::nullopt) {
    auto padding = attention::added(src_key_padding_mask, src.scalar_type());
    mask = attention::added(mask, src.scalar_type());
    auto output = src;
    const bool nested = is_nested(src, mask, padding);
    if (nested) {
      output = at::_nested_tensor_from_mask(output, padding.logical_not(), /*mask_check=*/false);
      padding = at::Tensor();
    }
    const bool causal = detail::is_causal(mask, is_causal, src, layers[0]->options.batch_first);
    for (auto layer : layers) output = layer(output, mask, padding, causal);
    if (nested) output = output.to_padded_tensor(0.0, src.sizes());
    return norm.is_empty() ? output : norm(output);
  }

  bool nests, mask_check;
  ModuleList<TransformerEncoderLayer> layers{nullptr};
  torch::nn::LayerNorm norm{nullptr};
  PY2CPP_COPIED(layers, norm)

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(at::Tensor())}, {2, torch::nn::AnyValue(at::Tensor())},
                           {3, torch::nn::AnyValue(std::optional<bool>())})

 private:
  // Whether padding is cut off, and put back behind the layers.
  bool is_nested(const at::Tensor& src, const at::Tensor& mask, const at::Tensor& padding) const {
    if (!nests || layers[0]->is_training() || src.dim() != 3 || !padding.defined()) return false;
    if (mask_check && !at::_nested_tensor_from_mask_left_aligned(src, padding.logical_not())) return false;
    return !src.is_nested() && !mask.defined() && !attention::is_recorded(layers[0]->read(src));
  }
};
TORCH_MODULE(TransformerEncoder);

class TransformerDecoderImpl : public torch::nn::Module {
 public:
  TransformerDecoderImpl(const TransformerDecoderLayer& layer, int64_t num_layers,
                         std::optional<torch::nn::LayerNorm> norm = std::nullopt) {
    layers = register_module("layers", detail::copies(layer, num_layers));
    if (norm && !norm->is_empty()) this->norm = register_module("norm", *norm);
  }

  at::Tensor forward(const at::Tensor& tgt, const at::Tensor& memory, at::Tensor tgt_mask = {},
                     at::Tensor memory_mask = {}, at::Tensor tgt_key_padding_mask = {},
                     at::Tensor memory_key_padding_mask = {}, std::optional<bool> tgt_is_causal = std::nullopt,
                     bool memory_is_causal = false) {
    const bool causal = detail::is_causal(tgt_mask, tgt_is_causal, tgt, layers[0]->options.batch_first);
    auto output = tgt;
    for (auto layer : layers) {
      output = layer(output, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, causal,
                     memory_is_causal);
    }
    return norm.is_empty() ? output : norm(output);
  }

  ModuleList<TransformerDecoderLayer> layers{nullptr};
  torch::nn::LayerNorm norm{nullptr};
  PY2CPP_COPIED(layers, norm)
};
TORCH_MODULE(TransformerDecoder);

class TransformerImpl : public torch::nn::Module {
 public:
  explicit TransformerImpl(int64_t d_model = 512, int64_t nhead = 8, int64_t num_encoder_layers = 6,
                           int64_t num_decoder_layers = 6, int64_t dim_feedforward = 2048, double dropout = 0.1,
                           Activation activation = "relu", double layer_norm_eps = 1e-5, bool batch_first = false,
                           bool norm_first = false, bool bias = true)
      : d_model(d_model), nhead(nhead), batch_first(batch_first) {
    const TransformerLayerOptions given{d_model, nhead, dim_feedforward, dropout, std::move(activation), layer_norm_eps,
                                        batch_first, norm_first, bias};
    const TransformerEncoderLayer encoder_layer(given);
    encoder = register_module("encoder",
                              TransformerEncoder(encoder_layer, num_encoder_layers, detail::layer_norm(given)));
    const TransformerDecoderLayer decoder_layer(given);
    decoder = register_module("decoder",
                              TransformerDecoder(decoder_layer, num_decoder_layers, detail::layer_norm(given)));
    for (const auto& parameter : py2cpp::parameters(static_cast<torch::nn::Module*>(this))) {
      if (parameter.dim() > 1) init::xavier_uniform_(parameter);
    }
  }

  at::Tensor forward(const at::Tensor& src, const at::Tensor& tgt, at::Tensor src_mask = {}, at::Tensor tgt_mask = {},
                     at::Tensor memory_mask = {}, at::Tensor src_key_padding_mask = {},
                     at::Tensor tgt_key_padding_mask = {}, at::Tensor memory_key_padding_mask = {},
                     std::optional<bool> src_is_causal = std::nullopt, std::optional<bool> tgt_is_causal = std::nullopt,
                     bool memory_is_causal = false) {
    const int64_t batch = batch_first ? 0 : 1;
    TORCH_CHECK(src.dim() != 3 || src.size(batch) == tgt.size(batch), "the batch number of src and tgt must be equal");
    TORCH_CHECK(src.size(-1) == d_model && tgt.size(-1) == d_model,
                "the feature number of src and tgt must be equal to d_model");
    const auto memory = encoder(src, src_mask, src_key_padding_mask, src_is_causal);
    return decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, tgt_is_causal,
                   memory_is_causal);
  }

  int64_t d_model, nhead;
  bool batch_first;
  TransformerEncoder encoder{nullptr};
  TransformerDecoder decoder{nullptr};
  PY2CPP_COPIED(encoder, decoder)
};
TORCH_MODULE(Transformer);

}  // namespace py2cpp
