// What modules say of themselves in Python's text of modules, where their class and options do not tell it.
#pragma once

#include <string>

namespace py2cpp {

// A class with an extra_repr of its own.
struct ExtraRepr {
  virtual ~ExtraRepr() = default;
  virtual std::string extra_repr() = 0;
};

// A class with a __repr__ of its own.
struct Repr {
  virtual ~Repr() = default;
  virtual std::string repr() = 0;
};

// A list of modules, which shows equal neighbours as one.
struct Listed {
  virtual ~Listed() = default;
};

}  // namespace py2cpp
