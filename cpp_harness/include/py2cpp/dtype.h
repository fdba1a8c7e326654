// The text of a dtype.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>

namespace py2cpp {

inline std::string str(c10::ScalarType dtype) { return "torch." + std::string(c10::getDtypeNames(dtype).first); }

}  // namespace py2cpp
