// Variables and attributes that not every way through a program gives a value: reading one raises in Python.
#pragma once

#include <torch/torch.h>

#include <optional>
#include <string>

#include "py2cpp/exceptions.h"

namespace py2cpp {

[[noreturn]] inline void unassigned(const char* name) {
  throw UnboundLocalError({"assigned", __FILE__, 0}, std::string("name '") + name + "' is not defined");
}
inline const at::Tensor& assigned(const at::Tensor& value, const char* name) {
  if (!value.defined()) unassigned(name);
  return value;
}
inline at::Tensor& assigned(at::Tensor& value, const char* name) {
  if (!value.defined()) unassigned(name);
  return value;
}
template <class T>
T& assigned(std::optional<T>& value, const char* name) {
  if (!value) unassigned(name);
  return *value;
}
template <class T>
const T& assigned(const std::optional<T>& value, const char* name) {
  if (!value) unassigned(name);
  return *value;
}
template <class T>
T& attribute(std::optional<T>& value, const char* name) {
  if (!value) throw AttributeError({"attribute", __FILE__, 0}, std::string("the object has no attribute '") + name + "'");
  return *value;
}

}  // namespace py2cpp
