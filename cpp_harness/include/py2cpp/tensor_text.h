// Python's text of tensors: `tensor([1., 2.], grad_fn=<MulBackward0>)`, as torch/_tensor_str.py makes it.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "py2cpp/dtype.h"
#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"
#include "py2cpp/item.h"

namespace py2cpp {

namespace detail {

constexpr int64_t kEdge = 3, kThreshold = 1000, kLine = 80;

// What a long tensor shows: the first and the last few items of each dimension.
inline at::Tensor summarized(const at::Tensor& self) {
  if (self.dim() == 0) return self;
  const int64_t size = self.size(0);
  const bool cut = size > 2 * kEdge;
  if (self.dim() == 1) return cut ? at::cat({self.slice(0, 0, kEdge), self.slice(0, size - kEdge)}) : self;
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < size; ++i) {
    if (!cut || i < kEdge || i >= size - kEdge) rows.push_back(summarized(self[i]));
  }
  return at::stack(rows);
}

// How all numbers of one tensor are written.
class TensorFormat {
 public:
  explicit TensorFormat(const at::Tensor& shown) : floating_(shown.is_floating_point()) {
    const auto numbers = shown.reshape({-1});
    if (!floating_) {
      for (int64_t i = 0; i < numbers.numel(); ++i) widen(py2cpp::format(numbers[i], ""));
      return;
    }
    const auto kept = numbers.masked_select(at::isfinite(numbers).logical_and(numbers.ne(0)));
    if (kept.numel() == 0) return;
    const auto sizes = kept.abs().to(at::kDouble);
    const double least = sizes.min().item<double>(), most = sizes.max().item<double>();
    whole_ = kept.equal(kept.ceil());
    scientific_ = most / least > 1000.0 || most > 1.0e8 || least < 1.0e-4;
    for (int64_t i = 0; i < kept.numel(); ++i) {
      const auto text = py2cpp::format(kept[i].item<double>(), scientific_ ? ".4e" : whole_ ? ".0f" : ".4f");
      widen(text + (whole_ && !scientific_ ? "." : ""));
    }
  }

  int64_t width() const { return width_; }

  std::string operator()(const at::Tensor& number) const {
    std::string text;
    if (!floating_) {
      text = py2cpp::format(number, "");
    } else {
      const double value = number.item<double>();
      text = py2cpp::format(value, scientific_ ? ".4e" : whole_ ? ".0f" : ".4f");
      if (whole_ && !scientific_ && std::isfinite(value)) text += '.';
    }
    const auto missing = width_ - static_cast<int64_t>(text.size());
    return std::string(static_cast<size_t>(std::max<int64_t>(missing, 0)), ' ') + text;
  }

 private:
  void widen(const std::string& text) { width_ = std::max(width_, static_cast<int64_t>(text.size())); }

  bool floating_, whole_ = true, scientific_ = false;
  int64_t width_ = 1;
};

inline std::string spaces(int64_t count) { return std::string(static_cast<size_t>(count), ' '); }

inline std::string row_text(const at::Tensor& self, int64_t indent, bool summarize, const TensorFormat& format) {
  const int64_t size = self.size(0), per_line = std::max<int64_t>(1, (kLine - indent) / (format.width() + 2));
  const bool cut = summarize && size > 2 * kEdge;
  std::string text = "[";
  int64_t column = 0;
  const auto add = [&](const std::string& item) {
    if (column > 0) text += column % per_line == 0 ? ",\n" + spaces(indent + 1) : ", ";
    text += item;
    ++column;
  };
  for (int64_t i = 0; i < size; ++i) {
    if (cut && i == kEdge) {
      add(" ...");
      i = size - kEdge;
    }
    add(format(self[i]));
  }
  return text + "]";
}

inline std::string body_text(const at::Tensor& self, int64_t indent, bool summarize, const TensorFormat& format) {
  if (self.dim() == 0) return format(self);
  if (self.dim() == 1) return row_text(self, indent, summarize, format);
  const int64_t size = self.size(0);
  const bool cut = summarize && size > 2 * kEdge;
  const std::string between = "," + std::string(static_cast<size_t>(self.dim() - 1), '\n') + spaces(indent + 1);
  std::string text = "[";
  for (int64_t i = 0; i < size; ++i) {
    if (i > 0) text += between;
    if (cut && i == kEdge) {
      text += "..." + between;
      i = size - kEdge;
    }
    text += body_text(self[i], indent + 1, summarize, format);
  }
  return text + "]";
}

// The name of the operation's node: Python gives numbers to the overloads for tensors, C++ to those for numbers.
inline std::string node_name(const at::Tensor& self) {
  const std::string full = self.grad_fn()->name();
  if (full.find('<') != std::string::npos) throw Untranslatable{"the name of a custom function's node"};
  const std::string name = full.substr(full.find_last_of(':') + 1);  // torch::autograd::CopySlices
  for (const char* operation : {"Add", "Sub", "Mul", "Div"}) {
    if (name == std::string(operation) + "Backward1") return std::string(operation) + "Backward0";
  }
  return name;
}

inline std::vector<std::string> suffixes(const at::Tensor& self) {
  std::vector<std::string> found;
  const auto dtype = self.scalar_type(), usual = at::typeMetaToScalarType(at::get_default_dtype());
  if (self.numel() == 0) {
    if (self.dim() != 1) found.push_back("size=" + tuple_str(self.sizes().vec()));
    if (dtype != usual) found.push_back("dtype=" + str(dtype));
  } else if (dtype != usual && dtype != at::kLong && dtype != at::kBool) {
    found.push_back("dtype=" + str(dtype));
  }
  if (self.grad_fn() != nullptr) {
    found.push_back("grad_fn=<" + node_name(self) + ">");
  } else if (self.requires_grad()) {
    found.emplace_back("requires_grad=True");
  }
  return found;
}

}  // namespace detail

// repr(tensor). `doubt`: the program has parameters, whose text is another one, and this may be one of them.
inline std::string repr(const at::Tensor& self, bool doubt = false) {
  if (!self.defined()) return "None";
  const bool plain = self.layout() == at::kStrided && self.device().is_cpu() && !self.is_complex();
  if (!plain) throw Untranslatable{"the text of a tensor of this kind"};
  if (doubt && self.is_leaf() && self.requires_grad()) throw Untranslatable{"the text of what may be a parameter"};
  at::NoGradGuard no_grad;
  const auto values = self.detach();
  std::string text = "tensor([]";
  constexpr int64_t indent = 7;
  if (values.numel() > 0) {
    const bool summarize = values.numel() > detail::kThreshold;
    const detail::TensorFormat format(summarize ? detail::summarized(values) : values);
    text = "tensor(" + detail::body_text(values, indent, summarize, format);
  }
  // Python looks for the last line's begin in the same way; rfind gives -1 where there is one line.
  auto used = static_cast<int64_t>(text.size()) - static_cast<int64_t>(text.rfind('\n')) + 1;
  for (const std::string& suffix : detail::suffixes(self)) {
    const auto length = static_cast<int64_t>(suffix.size());
    if (used + length + 2 > detail::kLine) {
      text += ",\n" + detail::spaces(indent) + suffix;
      used = indent + length;
    } else {
      text += ", " + suffix;
      used += length + 2;
    }
  }
  return text + ")";
}

// format(tensor, ""): the number of a tensor without dimensions, else its repr.
inline std::string text(const at::Tensor& self, bool doubt = false) {
  const bool is_number = self.defined() && self.dim() == 0 && !self.is_complex();
  if (is_number && !(doubt && self.is_leaf() && self.requires_grad())) return format(self.detach(), "");
  return repr(self, doubt);
}

}  // namespace py2cpp
