// Objects of plain classes, which Python shares.
#pragma once

#include <memory>
#include <stdexcept>

namespace py2cpp {

// The object, where Python would fail on an attribute of None.
template <class T>
const std::shared_ptr<T>& present(const std::shared_ptr<T>& object) {
  if (object == nullptr) throw std::runtime_error("'NoneType' object has no attributes");
  return object;
}

}  // namespace py2cpp
