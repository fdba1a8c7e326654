// Python's text of modules: `Net(\n  (fc): Linear(in_features=2, out_features=3, bias=True)\n)`.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/dtype.h"
#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"
#include "py2cpp/layers.h"
#include "py2cpp/module_tree.h"
#include "py2cpp/parameters.h"
#include "py2cpp/shown.h"
#include "py2cpp/string.h"

namespace py2cpp {

namespace detail {

// Options as the program wrote them, where Python shows `(2, 2)` and C++ knows 2: "kernel_size=(2, 2)".
struct Written : Variant {
  std::vector<std::string> forms;
};
template <class Impl>
struct WrittenImpl : Impl, Written {
  WrittenImpl(const Impl& made, std::vector<std::string> given) : Impl(made) { forms = std::move(given); }
  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& = std::nullopt) const override {
    return std::make_shared<WrittenImpl>(*this);
  }
};

inline std::string setting(const std::string& name, const std::string& value) { return name + "=" + value; }
inline std::string setting(const std::string& name, const char* value) { return setting(name, std::string(value)); }
template <class T>
std::string setting(const std::string& name, const T& value) {
  return setting(name, str(value));
}
template <class... Parts>
std::string listed(const std::string& first, const Parts&... more) {
  return (first + ... + (", " + more));
}
inline std::string if_inplace(bool inplace) { return inplace ? ", inplace=True" : ""; }
inline std::string only_inplace(bool inplace) { return inplace ? "inplace=True" : ""; }
// Sizes as a tuple, or as the one number that was given for all of them.
template <size_t N>
std::string tuple_text(const torch::ExpandingArray<N>& sizes) {
  return tuple_str(std::vector<int64_t>(sizes->begin(), sizes->end()));
}
inline std::string item_text(int64_t size) { return str(size); }
inline std::string item_text(const std::optional<int64_t>& size) { return size ? str(*size) : "None"; }
template <class Sizes>
std::string as_given(const Sizes& sizes) {
  std::string text = "(";
  bool same = true;
  for (const auto& size : *sizes) {
    text += (text.size() > 1 ? ", " : "") + item_text(size);
    same = same && size == (*sizes)[0];
  }
  return same ? item_text((*sizes)[0]) : text + ")";
}
template <size_t N>
bool all(const torch::ExpandingArray<N>& sizes, int64_t number) {
  for (const int64_t size : *sizes) {
    if (size != number) return false;
  }
  return true;
}

// The text of one option, as it was written or as it is.
class Options {
 public:
  explicit Options(const torch::nn::Module& module) : written_(dynamic_cast<const Written*>(&module)) {}
  template <class T>
  std::string operator()(const std::string& name, const T& value) const {
    return setting(name, form(name, text(value)));
  }
  // Python takes the size of the window for a step that is left out.
  template <size_t N>
  std::string stride(const torch::ExpandingArray<N>& value) const {
    return setting("stride", form("stride", form("kernel_size", as_given(value))));
  }
  std::string form(const std::string& name, const std::string& known) const {
    if (written_ == nullptr) return known;
    for (const auto& form : written_->forms) {
      if (form.rfind(name + "=", 0) == 0) return form.substr(name.size() + 1);
    }
    return known;
  }

 private:
  static std::string text(double value) { return str(value); }
  static std::string text(bool value) { return str(value); }
  template <class Sizes>
  static std::string text(const Sizes& sizes) {
    return as_given(sizes);
  }
  const Written* written_;
};


// --------------------------------------------------------------------------------- extra_repr by class

using torch::nn::ConvNdImpl;

template <size_t D, class Derived>
std::string extra(const ConvNdImpl<D, Derived>& module, const Options&) {
  const auto& options = module.options;
  std::string text = listed(str(options.in_channels()), str(options.out_channels()),
                            setting("kernel_size", tuple_text(options.kernel_size())),
                            setting("stride", tuple_text(options.stride())));
  if (const auto* padding = std::get_if<torch::ExpandingArray<D>>(&options.padding())) {
    if (!all(*padding, 0)) text += ", " + setting("padding", tuple_text(*padding));
  } else {
    const bool same = std::holds_alternative<torch::enumtype::kSame>(options.padding());
    text += ", " + setting("padding", same ? "same" : "valid");
  }
  if (!all(options.dilation(), 1)) text += ", " + setting("dilation", tuple_text(options.dilation()));
  if (!all(options.output_padding(), 0)) text += ", " + setting("output_padding", tuple_text(options.output_padding()));
  if (options.groups() != 1) text += ", " + setting("groups", options.groups());
  if (!module.bias.defined()) text += ", bias=False";
  const auto mode = word_of(options.padding_mode());
  return mode == "zeros" ? text : text + ", " + setting("padding_mode", mode);
}
inline std::string extra(const torch::nn::LinearImpl& module, const Options&) {
  return listed(setting("in_features", module.options.in_features()),
                setting("out_features", module.options.out_features()), setting("bias", module.bias.defined()));
}
inline std::string extra(const torch::nn::BilinearImpl& module, const Options&) {
  const auto& options = module.options;
  return listed(setting("in1_features", options.in1_features()), setting("in2_features", options.in2_features()),
                setting("out_features", options.out_features()), setting("bias", module.bias.defined()));
}
inline std::string extra(const torch::nn::FlattenImpl& module, const Options&) {
  return listed(setting("start_dim", module.options.start_dim()), setting("end_dim", module.options.end_dim()));
}
inline std::string extra(const torch::nn::UnflattenImpl& module, const Options& shown) {
  return listed(setting("dim", module.options.dim()),
                setting("unflattened_size", shown.form("unflattened_size", tuple_str(module.options.sizes()))));
}

// Norms.
template <class Norm>
std::string averaging(const Norm& module, const std::string& momentum) {
  const auto& options = module.options;
  return listed(str(options.num_features()), setting("eps", options.eps()), setting("momentum", momentum),
                setting("affine", options.affine()), setting("bias", module.bias.defined()),
                setting("track_running_stats", options.track_running_stats()));
}
template <size_t D, class Derived>
std::string extra(const torch::nn::BatchNormImplBase<D, Derived>& module, const Options&) {
  const auto momentum = module.options.momentum();
  return averaging(module, momentum ? str(*momentum) : "None");
}
template <size_t D, class Derived>
std::string extra(const torch::nn::InstanceNormImpl<D, Derived>& module, const Options&) {
  return averaging(module, str(module.options.momentum()));
}
inline std::string extra(const torch::nn::LayerNormImpl& module, const Options&) {
  const auto& options = module.options;
  return listed(tuple_str(options.normalized_shape()), setting("eps", options.eps()),
                setting("elementwise_affine", options.elementwise_affine()), setting("bias", module.bias.defined()));
}
inline std::string extra(const torch::nn::GroupNormImpl& module, const Options&) {
  const auto& options = module.options;
  return listed(str(options.num_groups()), str(options.num_channels()), setting("eps", options.eps()),
                setting("affine", options.affine()), setting("bias", module.bias.defined()));
}
inline std::string extra(const RMSNormImpl& module, const Options&) {
  return listed(tuple_str(module.normalized_shape), setting("eps", module.eps ? str(*module.eps) : "None"),
                setting("elementwise_affine", module.weight.defined()));
}
inline std::string extra(const torch::nn::LocalResponseNormImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(str(options.size()), shown("alpha", options.alpha()), shown("beta", options.beta()),
                shown("k", options.k()));
}

inline std::string extra(const torch::nn::CrossMapLRN2dImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(str(options.size()), shown("alpha", options.alpha()), shown("beta", options.beta()),
                setting("k", shown.form("k", str(options.k()))));
}

// Activations and dropout.
template <class Derived>
std::string extra(const torch::nn::detail::_DropoutNd<Derived>& module, const Options& shown) {
  return listed(shown("p", module.options.p()), setting("inplace", module.options.inplace()));
}
template <int64_t N>
std::string extra(const ChannelDropoutImpl<N>& module, const Options& shown) {
  return listed(shown("p", module.p), setting("inplace", module.inplace));
}
inline std::string extra(const torch::nn::ReLUImpl& module, const Options&) {
  return only_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::ReLU6Impl& module, const Options&) {
  return only_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::SELUImpl& module, const Options&) {
  return only_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::ELUImpl& module, const Options& shown) {
  return shown("alpha", module.options.alpha()) + if_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::CELUImpl& module, const Options& shown) {
  return shown("alpha", module.options.alpha()) + if_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::LeakyReLUImpl& module, const Options& shown) {
  return shown("negative_slope", module.options.negative_slope()) + if_inplace(module.options.inplace());
}
inline std::string extra(const torch::nn::HardtanhImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("min_val", options.min_val()), shown("max_val", options.max_val())) +
         if_inplace(options.inplace());
}
inline std::string extra(const torch::nn::RReLUImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("lower", options.lower()), shown("upper", options.upper())) + if_inplace(options.inplace());
}
inline std::string extra(const torch::nn::ThresholdImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("threshold", options.threshold()), shown("value", options.value())) +
         if_inplace(options.inplace());
}
inline std::string extra(const torch::nn::HardshrinkImpl& module, const Options& shown) {
  return shown.form("lambd", str(module.options.lambda()));
}
inline std::string extra(const torch::nn::SoftshrinkImpl& module, const Options& shown) {
  return shown.form("lambd", str(module.options.lambda()));
}
inline std::string extra(const torch::nn::SoftplusImpl& module, const Options& shown) {
  return listed(shown("beta", module.options.beta()), shown("threshold", module.options.threshold()));
}
inline std::string extra(const torch::nn::GELUImpl& module, const Options&) {
  return setting("approximate", repr(module.options.approximate()));
}
inline std::string extra(const torch::nn::GLUImpl& module, const Options&) {
  return setting("dim", module.options.dim());
}
inline std::string extra(const torch::nn::SoftmaxImpl& module, const Options&) {
  return setting("dim", module.options.dim());
}
inline std::string extra(const torch::nn::LogSoftmaxImpl& module, const Options&) {
  return setting("dim", module.options.dim());
}
inline std::string extra(const torch::nn::SoftminImpl& module, const Options&) {
  return setting("dim", module.options.dim());
}
inline std::string extra(const torch::nn::PReLUImpl& module, const Options&) {
  return setting("num_parameters", module.options.num_parameters());
}

// Pooling, padding, shapes.
template <size_t D, class Derived>
std::string extra(const torch::nn::MaxPoolImpl<D, Derived>& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("kernel_size", options.kernel_size()), shown.stride(options.stride()),
                shown("padding", options.padding()), shown("dilation", options.dilation()),
                setting("ceil_mode", options.ceil_mode()));
}
template <size_t D, class Derived>
std::string extra(const torch::nn::AvgPoolImpl<D, Derived>& module, const Options& shown) {
  const auto& options = module.options;
  if constexpr (D == 1) {
    return listed(setting("kernel_size", tuple_text(options.kernel_size())),
                  setting("stride", tuple_text(options.stride())), setting("padding", tuple_text(options.padding())));
  } else {
    return listed(shown("kernel_size", options.kernel_size()), shown.stride(options.stride()),
                  shown("padding", options.padding()));
  }
}
template <size_t D, class Derived>
std::string extra(const torch::nn::MaxUnpoolImpl<D, Derived>& module, const Options&) {
  const auto& options = module.options;
  return listed(setting("kernel_size", tuple_text(options.kernel_size())),
                setting("stride", tuple_text(options.stride())), setting("padding", tuple_text(options.padding())));
}
template <size_t D, class Sizes, class Derived>
std::string extra(const torch::nn::AdaptiveAvgPoolImpl<D, Sizes, Derived>& module, const Options& shown) {
  return shown("output_size", module.options.output_size());
}
template <size_t D, class Sizes, class Derived>
std::string extra(const torch::nn::AdaptiveMaxPoolImpl<D, Sizes, Derived>& module, const Options& shown) {
  return shown("output_size", module.options.output_size());
}
template <size_t D, class Derived>
std::string extra(const torch::nn::ReflectionPadImpl<D, Derived>& module, const Options&) {
  return tuple_text(module.options.padding());
}
template <size_t D, class Derived>
std::string extra(const torch::nn::ReplicationPadImpl<D, Derived>& module, const Options&) {
  return tuple_text(module.options.padding());
}
template <size_t D, class Derived>
std::string extra(const torch::nn::ZeroPadImpl<D, Derived>& module, const Options&) {
  return tuple_text(module.options.padding());
}
template <size_t D, class Derived>
std::string extra(const torch::nn::ConstantPadImpl<D, Derived>& module, const Options& shown) {
  return listed(setting("padding", tuple_text(module.options.padding())), shown("value", module.options.value()));
}
inline std::string extra(const torch::nn::FoldImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("output_size", options.output_size()), shown("kernel_size", options.kernel_size()),
                shown("dilation", options.dilation()), shown("padding", options.padding()),
                shown("stride", options.stride()));
}
inline std::string extra(const torch::nn::UnfoldImpl& module, const Options& shown) {
  const auto& options = module.options;
  return listed(shown("kernel_size", options.kernel_size()), shown("dilation", options.dilation()),
                shown("padding", options.padding()), shown("stride", options.stride()));
}
inline std::string extra(const torch::nn::PixelShuffleImpl& module, const Options&) {
  return setting("upscale_factor", module.options.upscale_factor());
}
inline std::string extra(const torch::nn::PixelUnshuffleImpl& module, const Options&) {
  return setting("downscale_factor", module.options.downscale_factor());
}
inline std::string extra(const LayerImpl& module, const Options&) { return module.extra; }

// Embeddings and recurrent networks.
template <class Options_>
std::string embedding_norm(const Options_& options) {
  std::string text;
  if (options.max_norm()) text += ", " + setting("max_norm", *options.max_norm());
  if (options.norm_type() != 2.0) text += ", " + setting("norm_type", options.norm_type());
  if (options.scale_grad_by_freq()) text += ", scale_grad_by_freq=True";
  return text;
}
inline std::string extra(const torch::nn::EmbeddingImpl& module, const Options&) {
  const auto& options = module.options;
  std::string text = listed(str(options.num_embeddings()), str(options.embedding_dim()));
  if (options.padding_idx()) text += ", " + setting("padding_idx", *options.padding_idx());
  text += embedding_norm(options);
  return options.sparse() ? text + ", sparse=True" : text;
}
inline std::string extra(const torch::nn::EmbeddingBagImpl& module, const Options&) {
  const auto& options = module.options;
  std::string text = listed(str(options.num_embeddings()), str(options.embedding_dim())) + embedding_norm(options);
  text += ", " + setting("mode", repr(word_of(options.mode())));
  return options.padding_idx() ? text + ", " + setting("padding_idx", *options.padding_idx()) : text;
}
template <class Derived>
std::string extra(const torch::nn::detail::RNNImplBase<Derived>& module, const Options&) {
  const auto& options = module.options_base;
  std::string text = listed(str(options.input_size()), str(options.hidden_size()));
  if (options.proj_size() > 0) text += ", " + setting("proj_size", options.proj_size());
  if (options.num_layers() != 1) text += ", " + setting("num_layers", options.num_layers());
  if (!options.bias()) text += ", bias=False";
  if (options.batch_first()) text += ", batch_first=True";
  if (options.dropout() != 0.0) text += ", " + setting("dropout", options.dropout());
  return options.bidirectional() ? text + ", bidirectional=True" : text;
}
template <class Cell>
std::string cell_text(const Cell& module) {
  const auto& options = module.options;
  const std::string text = listed(str(options.input_size()), str(options.hidden_size()));
  return options.bias() ? text : text + ", bias=False";
}
inline std::string extra(const torch::nn::LSTMCellImpl& module, const Options&) { return cell_text(module); }
inline std::string extra(const torch::nn::GRUCellImpl& module, const Options&) { return cell_text(module); }
inline std::string extra(const torch::nn::RNNCellImpl& module, const Options&) {
  const auto word = word_of(module.options.nonlinearity());
  return word == "tanh" ? cell_text(module) : cell_text(module) + ", " + setting("nonlinearity", word);
}

// Containers of parameters, an item each line.
inline std::string parameter_line(const std::string& name, const at::Tensor& parameter, const std::string& kind) {
  std::string sizes;
  for (const int64_t size : parameter.sizes()) sizes += (sizes.empty() ? "" : "x") + str(size);
  return "  (" + name + "): Parameter containing: [" + kind + " of size " + sizes + "]";
}
inline std::string extra(const ParameterListImpl& module, const Options&) {
  std::vector<std::string> lines;
  for (const auto& item : module.items) {
    lines.push_back(parameter_line(std::to_string(lines.size()), item, str(item.scalar_type())));
  }
  return join("\n", lines);
}
inline std::string extra(const ParameterDictImpl& module, const Options&) {
  std::vector<std::string> lines;
  for (const auto& item : module.items) {
    const std::string dtype = c10::toString(item.value().scalar_type());
    lines.push_back(parameter_line(item.key(), item.value(), "torch." + dtype + "Tensor"));
  }
  return join("\n", lines);
}

// What the first of these classes that a module is of says; nothing where it is of none.
template <class... Impl>
std::string extra_of(const torch::nn::Module& module) {
  const Options shown(module);
  std::string text;
  const auto says = [&](const auto* known) {
    if (known != nullptr) text = extra(*known, shown);
    return known != nullptr;
  };
  (says(dynamic_cast<const Impl*>(&module)) || ...);
  return text;
}

inline std::string extra_of_layer(const torch::nn::Module& module) {
  using namespace torch::nn;
  return extra_of<
      torch::nn::LinearImpl, Conv1dImpl, Conv2dImpl, Conv3dImpl, ConvTranspose1dImpl, ConvTranspose2dImpl,
      ConvTranspose3dImpl, BilinearImpl, FlattenImpl, UnflattenImpl, BatchNorm1dImpl, BatchNorm2dImpl, BatchNorm3dImpl,
      InstanceNorm1dImpl, InstanceNorm2dImpl, InstanceNorm3dImpl, LayerNormImpl, GroupNormImpl, RMSNormImpl,
      LocalResponseNormImpl, CrossMapLRN2dImpl, torch::nn::DropoutImpl, AlphaDropoutImpl, FeatureAlphaDropoutImpl, ChannelDropoutImpl<1>,
      ChannelDropoutImpl<2>, ChannelDropoutImpl<3>, ReLUImpl, ReLU6Impl, SELUImpl, ELUImpl, CELUImpl, LeakyReLUImpl,
      HardtanhImpl, RReLUImpl, ThresholdImpl, HardshrinkImpl, SoftshrinkImpl, SoftplusImpl, GELUImpl, GLUImpl,
      SoftmaxImpl, LogSoftmaxImpl, SoftminImpl, PReLUImpl, MaxPool1dImpl, MaxPool2dImpl, MaxPool3dImpl, AvgPool1dImpl,
      AvgPool2dImpl, AvgPool3dImpl, MaxUnpool1dImpl, MaxUnpool2dImpl, MaxUnpool3dImpl, AdaptiveAvgPool1dImpl,
      AdaptiveAvgPool2dImpl, AdaptiveAvgPool3dImpl, AdaptiveMaxPool1dImpl, AdaptiveMaxPool2dImpl,
      AdaptiveMaxPool3dImpl, ReflectionPad1dImpl, ReflectionPad2dImpl, ReflectionPad3dImpl, ReplicationPad1dImpl,
      ReplicationPad2dImpl, ReplicationPad3dImpl, ZeroPad1dImpl, ZeroPad2dImpl, ZeroPad3dImpl, ConstantPad1dImpl,
      ConstantPad2dImpl, ConstantPad3dImpl, FoldImpl, UnfoldImpl, PixelShuffleImpl, PixelUnshuffleImpl, LayerImpl,
      EmbeddingImpl, EmbeddingBagImpl, RNNImpl, LSTMImpl, GRUImpl, RNNCellImpl, LSTMCellImpl, GRUCellImpl,
      ParameterListImpl, ParameterDictImpl>(module);
}

// ----------------------------------------------------------------------------------------- the whole text

// The class as Python calls it: `torch::nn::LinearImpl`, `py2cpp::WithIndicesImpl<torch::nn::MaxPool2dImpl>`.
inline std::string module_class(const torch::nn::Module& module) {
  if (const auto* layer = dynamic_cast<const LayerImpl*>(&module)) return layer->kind;
  std::string name = module.name();
  if (name.find("py2cpp::Lazy") != std::string::npos) throw Untranslatable{"the text of a lazy module"};
  for (const char* around : {"py2cpp::detail::WrittenImpl<", "py2cpp::WithIndicesImpl<", "py2cpp::WithoutBiasImpl<"}) {
    const std::string lead = around;
    if (name.compare(0, lead.size(), lead) == 0) name = name.substr(lead.size());
  }
  name = name.substr(0, name.find_first_of("<>"));
  if (name == "py2cpp::NestedSequentialImpl") return "Sequential";
  const auto colon = name.rfind(':');
  if (colon == std::string::npos) return name;  // given by its constructor
  name = name.substr(colon + 1);
  const bool is_impl = name.size() > 4 && name.compare(name.size() - 4, 4, "Impl") == 0;
  if (is_impl) name = name.substr(0, name.size() - 4);
  const auto children = module.named_children();
  const auto* parametrized = children.find("parametrizations");
  return parametrized != nullptr && (*parametrized)->name() == "ModuleDict" ? "Parametrized" + name : name;
}

inline std::string indented(const std::string& text) {
  std::string made;
  for (const char letter : text) made += letter == '\n' ? std::string("\n  ") : std::string(1, letter);
  return made;
}
inline std::string module_text(torch::nn::Module& module);

// Equal neighbours as one: `(0-2): 3 x Linear(...)`.
inline std::vector<std::string> list_lines(const torch::nn::Module& module) {
  std::vector<std::string> lines, texts;
  for (const auto& child : module.named_children()) texts.push_back(module_text(*child.value()));
  for (size_t i = 0; i < texts.size();) {
    size_t end = i + 1;
    while (end < texts.size() && texts[end] == texts[i]) ++end;
    const std::string first = std::to_string(i), last = std::to_string(end - 1);
    const auto count = std::to_string(end - i);
    lines.push_back(indented(end == i + 1 ? "(" + first + "): " + texts[i]
                                          : "(" + first + "-" + last + "): " + count + " x " + texts[i]));
    i = end;
  }
  return lines;
}

inline std::string module_text(torch::nn::Module& module) {
  if (auto* own = dynamic_cast<Repr*>(&module)) return own->repr();
  auto* own = dynamic_cast<ExtraRepr*>(&module);
  const auto extra = own != nullptr ? own->extra_repr() : extra_of_layer(module);
  const bool is_list = dynamic_cast<Listed*>(&module) != nullptr;
  std::vector<std::string> lines;
  if (is_list) {
    lines = list_lines(module);
  } else {
    for (const auto& child : module.named_children()) {
      lines.push_back("(" + child.key() + "): " + indented(module_text(*child.value())));
    }
    if (lines.empty() && extra.find('\n') == std::string::npos) return module_class(module) + "(" + extra + ")";
    if (!extra.empty()) lines.insert(lines.begin(), indented(extra));
  }
  std::string text = module_class(module) + "(";
  for (const auto& line : lines) text += "\n  " + line;
  return text + (lines.empty() ? ")" : "\n)");
}

}  // namespace detail

// repr(module)
template <class M>
std::string module_text(const M& module) {
  return detail::module_text(*module_pointer(module));
}

// A layer whose options were written in other forms than those that Python shows of most.
template <class M>
M written(const M& module, std::vector<std::string> forms) {
  using Impl = typename M::ContainedType;
  const std::shared_ptr<Impl> made = std::make_shared<detail::WrittenImpl<Impl>>(*module, std::move(forms));
  return M(made);
}

}  // namespace py2cpp
