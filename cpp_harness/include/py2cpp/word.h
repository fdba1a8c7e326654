// A string that names one of LibTorch's constants, where the program knows it only when it runs.
#pragma once

#include <c10/util/Exception.h>
#include <torch/enum.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace py2cpp {

// What Python calls a constant: kReflect is "reflect".
template <class Constant>
std::string word_of(const Constant& constant) {
  const std::string name = torch::enumtype::get_enum_name(constant).substr(1);
  if (name == "NearestExact") return "nearest-exact";
  std::string word;
  for (const unsigned char letter : name) word += static_cast<char>(std::tolower(letter));
  return word;
}

class Word {
 public:
  explicit Word(std::string text) : text_(std::move(text)) {}

  // The constant of that name, among those that C++ takes there.
  template <class... Constants>
  operator std::variant<Constants...>() const {
    std::optional<std::variant<Constants...>> found;
    ((names(torch::enumtype::_compute_enum_name{}(Constants())) ? (void)(found = Constants()) : void()), ...);
    TORCH_CHECK_VALUE(found, "'", text_, "' is none of the words that may stand here");
    return *found;
  }

 private:
  // Whether the text is the name of a constant: `nearest-exact` is `kNearestExact`.
  bool names(const std::string& constant) const {
    std::string plain;
    for (const char letter : text_) {
      if (letter != '-' && letter != '_') plain += letter;
    }
    return std::equal(plain.begin(), plain.end(), constant.begin() + 1, constant.end(),
                      [](unsigned char a, unsigned char b) { return a == std::tolower(b); });
  }

  std::string text_;
};

}  // namespace py2cpp
