// Python's exceptions on those of c10: which class a C++ exception stands for, and the text of those that a program
// raises itself.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace py2cpp {

// Thrown where Python goes on, with an int beyond 64 bits for example. No handler of a translated program takes it.
struct Untranslatable {
  std::string what;
};
[[noreturn]] inline void overflow() { throw Untranslatable{"an integer beyond 64 bits"}; }

// The exceptions of Python that c10 does not have.
struct ArithmeticError : c10::Error {
  using Error::Error;
};
struct ZeroDivisionError : ArithmeticError {
  using ArithmeticError::ArithmeticError;
};
struct OverflowError : ArithmeticError {
  using ArithmeticError::ArithmeticError;
};
struct KeyError : c10::Error {
  using Error::Error;
};
struct AssertionError : c10::Error {
  using Error::Error;
};
struct AttributeError : c10::Error {
  using Error::Error;
};
struct StopIteration : c10::Error {
  using Error::Error;
};
// Any other one: only `except Exception` takes it.
struct OtherError : c10::Error {
  using Error::Error;
};

// What the program raised itself, whose text is therefore known.
struct Raised {
  std::string message;
};
template <class E>
struct RaisedAs : E, Raised {
  explicit RaisedAs(const std::string& text) : E({"raise", __FILE__, 0}, text), Raised{text} {}
};

// raise E(message)
template <class E>
[[noreturn]] void raise(const std::string& message) {
  throw RaisedAs<E>(message);
}
// Raises E where Python does, with a text of its own.
template <class E>
void require(bool condition, const char* message) {
  if (!condition) throw E({"require", __FILE__, 0}, message);
}

template <class E>
bool is(const std::exception& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}
inline bool is_exception(const std::exception&) { return true; }
inline bool is_index_error(const std::exception& error) { return is<c10::IndexError>(error) || is<std::out_of_range>(error); }
inline bool is_key_error(const std::exception& error) { return is<KeyError>(error); }
inline bool is_lookup_error(const std::exception& error) { return is_index_error(error) || is_key_error(error); }
inline bool is_value_error(const std::exception& error) { return is<c10::ValueError>(error); }
inline bool is_type_error(const std::exception& error) { return is<c10::TypeError>(error); }
inline bool is_not_implemented_error(const std::exception& error) { return is<c10::NotImplementedError>(error); }
inline bool is_arithmetic_error(const std::exception& error) { return is<ArithmeticError>(error); }
inline bool is_zero_division_error(const std::exception& error) { return is<ZeroDivisionError>(error); }
inline bool is_overflow_error(const std::exception& error) { return is<OverflowError>(error); }
inline bool is_assertion_error(const std::exception& error) { return is<AssertionError>(error); }
inline bool is_attribute_error(const std::exception& error) { return is<AttributeError>(error); }
inline bool is_stop_iteration(const std::exception& error) { return is<StopIteration>(error); }
inline bool is_runtime_error(const std::exception& error) {
  return !(is_lookup_error(error) || is_value_error(error) || is_type_error(error) || is_arithmetic_error(error) ||
           is_assertion_error(error) || is_attribute_error(error) || is_stop_iteration(error) || is<OtherError>(error));
}

// str(error)
inline std::string message(const std::exception& error) {
  const auto* raised = dynamic_cast<const Raised*>(&error);
  if (raised == nullptr || is_key_error(error)) throw Untranslatable{"the text of this error is another one in C++"};
  return raised->message;
}

// What print shows of an error: for people, so that LibTorch's own words will do.
inline std::string text(const std::exception& error) {
  if (const auto* raised = dynamic_cast<const Raised*>(&error)) {
    return is_key_error(error) ? "'" + raised->message + "'" : raised->message;
  }
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  return own != nullptr ? own->what_without_backtrace() : error.what();
}

}  // namespace py2cpp
