// exit(), sys.exit(code): the program ends here, behind what `finally` and destructors do.
#pragma once

#include <cstdint>
#include <iostream>
#include <string>

namespace py2cpp {

// No handler of a translated program takes it.
struct Exit {
  int status;
};

[[noreturn]] inline void exit(int64_t status = 0) { throw Exit{static_cast<int>(status)}; }
[[noreturn]] inline void exit(const std::string& message) {
  std::cerr << message << "\n";
  throw Exit{1};
}

}  // namespace py2cpp
