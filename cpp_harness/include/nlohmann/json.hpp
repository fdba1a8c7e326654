// LibTorch's headers of functorch include this library, and its packages do not have it. What they compile against is
// here, where the library is not installed: programs never write or read the JSON of a transform.
#pragma once

#if __has_include_next(<nlohmann/json.hpp>)
#include_next <nlohmann/json.hpp>
#else

#include <stdexcept>
#include <string>

namespace nlohmann {

class json {
 public:
  json() = default;
  template <class T>
  explicit json(const T&) {}
  std::string dump() const { throw std::logic_error("nlohmann/json.hpp is not installed"); }
  static json parse(const std::string&) { return json(); }
  template <class T>
  T get() const {
    throw std::logic_error("nlohmann/json.hpp is not installed");
  }
};

}  // namespace nlohmann

#endif
