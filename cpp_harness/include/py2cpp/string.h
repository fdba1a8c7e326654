// Python's strings, which count code points, on std::string in UTF-8.
#pragma once

#include <cstdint>
#include <string>

namespace py2cpp {

// len(text)
inline int64_t length(const std::string& text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace py2cpp
