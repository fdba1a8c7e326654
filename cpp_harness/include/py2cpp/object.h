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

// isinstance(object, T), of an object that may be of several classes.
template <class T, class Family>
bool is_a(const std::shared_ptr<Family>& object) {
  return dynamic_cast<const T*>(object.get()) != nullptr;
}

// The object as one of the class that it is known to be of.
template <class T, class Family>
std::shared_ptr<T> as_a(const std::shared_ptr<Family>& object) {
  auto found = std::dynamic_pointer_cast<T>(object);
  if (found == nullptr) throw std::runtime_error("an object of another class");
  return found;
}

}  // namespace py2cpp
