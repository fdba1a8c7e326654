// Layers whose parameters a class that derives from them draws in its own way.
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <utility>

namespace py2cpp {

// Python's constructors call the `reset_parameters` of the class that the object is of. In C++ a base's constructor
// knows nothing of that class: it draws with its own, and the generator forgets that.
template <class Base>
class Undrawn : public Base {
 public:
  template <class... Arguments>
  explicit Undrawn(Arguments&&... arguments)
      : Undrawn(Before(), generator().get_state(), std::forward<Arguments>(arguments)...) {}

 private:
  struct Before {};
  template <class... Arguments>
  Undrawn(Before&&, at::Tensor&& state, Arguments&&... arguments) : Base(std::forward<Arguments>(arguments)...) {
    generator().set_state(state);
  }
  static at::Generator generator() { return at::detail::getDefaultCPUGenerator(); }
};

}  // namespace py2cpp
