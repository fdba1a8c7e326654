// The equation that torch.einsum makes of sublists of numbers.
#pragma once

#include <ATen/core/ATen_fwd.h>
#include <c10/util/ArrayRef.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace py2cpp {

using Sublists = std::initializer_list<at::IntArrayRef>;

inline void append_subscripts(std::string& text, at::IntArrayRef sublist) {
  for (const int64_t number : sublist) {
    TORCH_CHECK_VALUE(number >= 0 && number < 52, "subscripts in a sublist must be numbers within [0, 52)");
    text += static_cast<char>(number < 26 ? 'A' + number : 'a' + number - 26);
  }
}

// `AB,BC` for {{0, 1}, {1, 2}}: capitals come first, then the small letters.
inline std::string equation(Sublists operands) {
  std::string text;
  for (const auto* sublist = operands.begin(); sublist != operands.end(); ++sublist) {
    if (sublist != operands.begin()) text += ',';
    append_subscripts(text, *sublist);
  }
  return text;
}

// `AB,BC->AC`, with {0, 2} as the output.
inline std::string equation(Sublists operands, at::IntArrayRef output) {
  std::string text = equation(operands) + "->";
  append_subscripts(text, output);
  return text;
}

}  // namespace py2cpp
