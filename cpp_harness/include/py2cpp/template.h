// str.format of a text that only the run tells.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"
#include "py2cpp/number.h"

namespace py2cpp {

// A value that fields may name: by a keyword, or by a number where it has none.
struct Shown {
  template <class T>
  Shown(std::string name, T value) : name(std::move(name)), text([value = std::move(value)](char form, const std::string& spec) {
      return Shown::text_of(value, form, spec);
    }) {}
  // A float that is the int `start` until it is another one.
  Shown(std::string name, double value, int64_t start)
      : name(std::move(name)), text([value, start](char form, const std::string& spec) {
          const bool as_float = form == 0 && !spec.empty() && std::string("eEfFgG%").find(spec.back()) != std::string::npos;
          return Shown::text_of(as_float ? value : surely_float(value, start), form, spec);
        }) {}

  template <class T>
  static std::string text_of(const T& value, char form, const std::string& spec) {
    if constexpr (std::is_same_v<T, int>) {
      return text_of(static_cast<int64_t>(value), form, spec);
    } else if constexpr (std::is_convertible_v<T, const char*>) {
      return text_of(std::string(value), form, spec);
    } else {
      if (form == 'r') return format(repr(value), spec);
      return form == 's' ? format(str(value), spec) : spec.empty() ? str(value) : format(value, spec);
    }
  }
  template <class T>
  static std::string text_of(const std::optional<T>& value, char form, const std::string& spec) {
    if (value) return text_of(*value, form, spec);
    expect<c10::TypeError>(form != 0 || spec.empty(), "unsupported format string passed to NoneType.__format__");
    return form == 0 ? "None" : format(std::string("None"), spec);
  }

  std::string name;
  std::function<std::string(char form, const std::string& spec)> text;
};

namespace detail {
class Template {
 public:
  explicit Template(std::initializer_list<Shown> values) : values_(values) {}

  std::string filled(const std::string& text) {
    std::string made;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c != '{' && c != '}') {
        made += c;
      } else if (i + 1 < text.size() && text[i + 1] == c) {
        made += c;
        ++i;
      } else {
        expect<ValueError>(c == '{', "Single '}' encountered in format string");
        expect<ValueError>(i + 1 < text.size(), "Single '{' encountered in format string");
        const size_t end = end_of_field(text, i + 1);
        made += field(text.substr(i + 1, end - i - 1));
        i = end;
      }
    }
    return made;
  }

 private:
  // Where the field ends that begins at a place: fields of its own may stand in its specification.
  static size_t end_of_field(const std::string& text, size_t begin) {
    int depth = 1;
    for (size_t i = begin; i < text.size(); ++i) {
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      if (depth == 0) return i;
    }
    throw ValueError({"format", __FILE__, 0}, "expected '}' before end of string");
  }

  std::string field(const std::string& text) {
    const size_t end = std::min(text.find_first_of("!:"), text.size());
    const auto& value = found(text.substr(0, end));
    char form = 0;
    size_t rest = end;
    if (rest < text.size() && text[rest] == '!') {
      assume(rest + 1 < text.size() && (text[rest + 1] == 'r' || text[rest + 1] == 's'), "a conversion has no translation");
      form = text[rest + 1];
      rest += 2;
    }
    expect<ValueError>(rest == text.size() || text[rest] == ':', "expected ':' after conversion specifier");
    return value.text(form, rest == text.size() ? "" : filled(text.substr(rest + 1)));
  }

  const Shown& found(std::string name) {
    assume(name.find_first_of(".[{") == std::string::npos, "a field that looks into a value has no translation");
    const bool counted = name.empty();
    const bool numbered = counted || name.find_first_not_of("0123456789") == std::string::npos;
    if (numbered) {
      expect<ValueError>(counted ? !manual_ : next_ == 0, "cannot switch between numbered fields and others");
      if (counted) name = std::to_string(next_++);
      else manual_ = true;
    }
    for (const auto& value : values_) {
      if (value.name == name) return value;
    }
    if (!numbered) throw KeyError({"format", __FILE__, 0}, "'" + name + "'");
    throw c10::IndexError({"format", __FILE__, 0}, "Replacement index " + name + " out of range for positional args tuple");
  }

  std::initializer_list<Shown> values_;
  int64_t next_ = 0;
  bool manual_ = false;
};
}  // namespace detail

inline std::string formatted(const std::string& text, std::initializer_list<Shown> values) {
  return detail::Template(values).filled(text);
}

}  // namespace py2cpp
