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
inline void assume(bool translatable, const char* otherwise) {
  if (!translatable) throw Untranslatable{otherwise};
}

// The exceptions of Python that c10 does not have. What derives from OtherError is no RuntimeError, nor has c10 a class.
using c10::Error;
using c10::ValueError;
#define PY2CPP_EXCEPTION(name, base) \
  struct name : base {               \
    using base::base;                \
  }
PY2CPP_EXCEPTION(OtherError, Error);
PY2CPP_EXCEPTION(Leaving, OtherError);  // not an Exception: only `except BaseException` takes it
PY2CPP_EXCEPTION(GeneratorExit, Leaving);
PY2CPP_EXCEPTION(KeyboardInterrupt, Leaving);
PY2CPP_EXCEPTION(SystemExit, Leaving);

PY2CPP_EXCEPTION(ArithmeticError, Error);
PY2CPP_EXCEPTION(FloatingPointError, ArithmeticError);
PY2CPP_EXCEPTION(OverflowError, ArithmeticError);
PY2CPP_EXCEPTION(ZeroDivisionError, ArithmeticError);
PY2CPP_EXCEPTION(AssertionError, Error);
PY2CPP_EXCEPTION(AttributeError, Error);
PY2CPP_EXCEPTION(KeyError, Error);
PY2CPP_EXCEPTION(RecursionError, Error);
PY2CPP_EXCEPTION(StopIteration, Error);
PY2CPP_EXCEPTION(UnicodeError, ValueError);
PY2CPP_EXCEPTION(UnicodeDecodeError, UnicodeError);
PY2CPP_EXCEPTION(UnicodeEncodeError, UnicodeError);
PY2CPP_EXCEPTION(UnicodeTranslateError, UnicodeError);

PY2CPP_EXCEPTION(BufferError, OtherError);
PY2CPP_EXCEPTION(EOFError, OtherError);
PY2CPP_EXCEPTION(ImportError, OtherError);
PY2CPP_EXCEPTION(ModuleNotFoundError, ImportError);
PY2CPP_EXCEPTION(LookupError, OtherError);
PY2CPP_EXCEPTION(MemoryError, OtherError);
PY2CPP_EXCEPTION(NameError, OtherError);
PY2CPP_EXCEPTION(UnboundLocalError, NameError);
PY2CPP_EXCEPTION(ReferenceError, OtherError);
PY2CPP_EXCEPTION(SyntaxError, OtherError);
PY2CPP_EXCEPTION(IndentationError, SyntaxError);
PY2CPP_EXCEPTION(TabError, IndentationError);
PY2CPP_EXCEPTION(SystemError, OtherError);

PY2CPP_EXCEPTION(OSError, OtherError);
PY2CPP_EXCEPTION(BlockingIOError, OSError);
PY2CPP_EXCEPTION(ChildProcessError, OSError);
PY2CPP_EXCEPTION(ConnectionError, OSError);
PY2CPP_EXCEPTION(BrokenPipeError, ConnectionError);
PY2CPP_EXCEPTION(ConnectionAbortedError, ConnectionError);
PY2CPP_EXCEPTION(ConnectionRefusedError, ConnectionError);
PY2CPP_EXCEPTION(ConnectionResetError, ConnectionError);
PY2CPP_EXCEPTION(FileExistsError, OSError);
PY2CPP_EXCEPTION(FileNotFoundError, OSError);
PY2CPP_EXCEPTION(InterruptedError, OSError);
PY2CPP_EXCEPTION(IsADirectoryError, OSError);
PY2CPP_EXCEPTION(NotADirectoryError, OSError);
PY2CPP_EXCEPTION(PermissionError, OSError);
PY2CPP_EXCEPTION(ProcessLookupError, OSError);
PY2CPP_EXCEPTION(TimeoutError, OSError);

PY2CPP_EXCEPTION(Warning, OtherError);
PY2CPP_EXCEPTION(BytesWarning, Warning);
PY2CPP_EXCEPTION(DeprecationWarning, Warning);
PY2CPP_EXCEPTION(EncodingWarning, Warning);
PY2CPP_EXCEPTION(FutureWarning, Warning);
PY2CPP_EXCEPTION(ImportWarning, Warning);
PY2CPP_EXCEPTION(PendingDeprecationWarning, Warning);
PY2CPP_EXCEPTION(ResourceWarning, Warning);
PY2CPP_EXCEPTION(RuntimeWarning, Warning);
PY2CPP_EXCEPTION(SyntaxWarning, Warning);
PY2CPP_EXCEPTION(UnicodeWarning, Warning);
PY2CPP_EXCEPTION(UserWarning, Warning);

// What the program raised itself, or the runtime in Python's words: a text that is known, and that str(error) gives.
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
// Raises E where Python does, in Python's words (3.11's, where its versions differ).
template <class E>
void expect(bool condition, const char* message) {
  if (!condition) raise<E>(message);
}
// The same in words of its own, which the program must not see.
template <class E>
void require(bool condition, const char* message) {
  if (!condition) throw E({"require", __FILE__, 0}, message);
}

template <class E>
bool is(const std::exception& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}
// Python's classes that are several of C++, or a part of one.
inline bool is_exception(const std::exception& error) { return !is<Leaving>(error); }
inline bool is_index_error(const std::exception& error) { return is<c10::IndexError>(error) || is<std::out_of_range>(error); }
inline bool is_lookup_error(const std::exception& error) {
  return is_index_error(error) || is<KeyError>(error) || is<LookupError>(error);
}
inline bool is_runtime_error(const std::exception& error) {
  return !(is_lookup_error(error) || is<ValueError>(error) || is<c10::TypeError>(error) || is<ArithmeticError>(error) ||
           is<AssertionError>(error) || is<AttributeError>(error) || is<StopIteration>(error) || is<OtherError>(error));
}

// str(error)
inline std::string message(const std::exception& error) {
  const auto* raised = dynamic_cast<const Raised*>(&error);
  if (raised == nullptr) throw Untranslatable{"the text of this error is another one in C++"};
  return raised->message;
}

// What print shows of an error: for people, so that LibTorch's own words will do.
inline std::string text(const std::exception& error) {
  if (const auto* raised = dynamic_cast<const Raised*>(&error)) return raised->message;
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  return own != nullptr ? own->what_without_backtrace() : error.what();
}

}  // namespace py2cpp
