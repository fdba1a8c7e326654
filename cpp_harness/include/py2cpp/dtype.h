// The text of a dtype, and the old name of what holds it.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace py2cpp {

inline std::string str(c10::ScalarType dtype) { return "torch." + std::string(c10::getDtypeNames(dtype).first); }

// `x.type()`: "torch.FloatTensor".
inline std::string type_name(const at::Tensor& x) {
  return std::string(x.is_cuda() ? "torch.cuda." : "torch.") + c10::toString(x.scalar_type()) + "Tensor";
}

}  // namespace py2cpp
