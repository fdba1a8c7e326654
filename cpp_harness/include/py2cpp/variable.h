// Variables that not every way through a program gives a value: reading one raises in Python.
#pragma once

#include <torch/torch.h>

#include <string>

#include "py2cpp/exceptions.h"

namespace py2cpp {

inline const at::Tensor& assigned(const at::Tensor& value, const char* name) {
  if (!value.defined()) throw UnboundLocalError({"assigned", __FILE__, 0}, std::string("name '") + name + "' is not defined");
  return value;
}

}  // namespace py2cpp
