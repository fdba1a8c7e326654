// Python's text of numbers, bools, strings and lists: str(x), repr(x), and the format specifications of f-strings.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"

namespace torch {
template <typename Key, typename Value>
class OrderedDict;
}  // namespace torch

namespace py2cpp {

inline std::string str(bool value) { return value ? "True" : "False"; }
inline std::string str(int64_t value) { return std::to_string(value); }
inline std::string str(int value) { return std::to_string(value); }
inline std::string str(const std::string& value) { return value; }

// The shortest text that reads back to the same double, in Python's choice of notation.
inline std::string str(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const auto mark = text.find('e');
  const int exponent = std::stoi(text.substr(mark + 1));
  if (exponent < -4 || exponent >= 16) {
    std::string tail = std::to_string(std::abs(exponent));
    if (tail.size() < 2) tail = "0" + tail;
    return text.substr(0, mark) + (exponent < 0 ? "e-" : "e+") + tail;
  }
  const auto fixed_end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string fixed(buffer, fixed_end);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

inline std::string repr(bool value) { return str(value); }
inline std::string repr(int value) { return str(value); }
inline std::string repr(int64_t value) { return str(value); }
inline std::string repr(double value) { return str(value); }

namespace detail {
// A character beyond ASCII: itself where it is printable, else escaped. Of rare scripts this is not known.
inline std::string repr_of_wide(const std::string& character) {
  static constexpr uint32_t printable[][2] = {
      {0xa1, 0xac},     {0xae, 0x377},    {0x3a3, 0x52f},   {0x1d00, 0x1f15}, {0x2010, 0x2027},   {0x2030, 0x205e},
      {0x20a0, 0x20c0}, {0x2100, 0x218b}, {0x2190, 0x2426}, {0x2460, 0x2b73}, {0x3001, 0x303f},   {0x3041, 0x3096},
      {0x3099, 0x30ff}, {0x3220, 0xa48c}, {0xac00, 0xd7a3}, {0xff01, 0xffbe}, {0x1f300, 0x1f6d7}, {0x1f900, 0x1fa53}};
  static constexpr uint32_t hidden[][2] = {{0x80, 0xa0},     {0xad, 0xad},     {0x2000, 0x200f}, {0x2028, 0x202f},
                                           {0x205f, 0x2064}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
  const size_t size = character.size();
  uint32_t code = static_cast<unsigned char>(character[0]) & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(character[i]) & 0x3f);
  const auto is_in = [&](const auto& ranges) {
    return std::any_of(std::begin(ranges), std::end(ranges), [&](const auto& range) { return range[0] <= code && code <= range[1]; });
  };
  if (is_in(printable)) return character;
  if (!is_in(hidden)) throw Untranslatable{"whether a character is printable is not known in C++"};
  char escape[12];
  std::snprintf(escape, sizeof escape, code < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
  return escape;
}
inline size_t bytes_of(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
}  // namespace detail

inline std::string repr(const std::string& value) {
  const bool double_quotes = value.find('\'') != std::string::npos && value.find('"') == std::string::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string text(1, quote);
  for (size_t i = 0, size = 1; i < value.size(); i += size) {
    const char c = value[i];
    size = detail::bytes_of(c);
    if (size > 1) {
      text += detail::repr_of_wide(value.substr(i, size));
    } else if (c == quote || c == '\\') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\r') {
      text += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      text += escape;
    } else {
      text += c;
    }
  }
  return text + quote;
}
// Literals, which would else be taken for a bool.
inline std::string str(const char* value) { return value; }
inline std::string repr(const char* value) { return repr(std::string(value)); }

template <class T>
std::string repr(const std::vector<T>& values);
template <class... T>
std::string repr(const std::tuple<T...>& values);
template <class Key, class Value>
std::string repr(const torch::OrderedDict<Key, Value>& items);

template <class T>
std::string str(const std::vector<T>& values);
template <class... T>
std::string str(const std::tuple<T...>& values);
template <class Key, class Value>
std::string str(const torch::OrderedDict<Key, Value>& items);

template <class T>
std::string repr(const std::optional<T>& value) {
  return value.has_value() ? repr(*value) : "None";
}
template <class T>
std::string str(const std::optional<T>& value) {
  return value.has_value() ? str(*value) : "None";
}

template <class T>
std::string str(const std::vector<T>& values) {
  std::string text = "[";
  bool first = true;
  for (const T& value : values) {
    text += first ? "" : ", ";
    text += repr(value);
    first = false;
  }
  return text + "]";
}
template <class T>
std::string repr(const std::vector<T>& values) {
  return str(values);
}

// A tuple whose length the program computes: (1, 2), (1,).
template <class T>
std::string tuple_str(const std::vector<T>& values) {
  const std::string text = str(values);
  return "(" + text.substr(1, text.size() - 2) + (values.size() == 1 ? ",)" : ")");
}

// A list of such tuples: [(1, 2), (1, 3)].
template <class T>
std::string tuples_str(const std::vector<std::vector<T>>& values) {
  std::string text;
  for (const std::vector<T>& value : values) text += (text.empty() ? "" : ", ") + tuple_str(value);
  return "[" + text + "]";
}

inline std::string size_str(const std::vector<int64_t>& size) { return "torch.Size(" + str(size) + ")"; }

template <class... T>
std::string str(const std::tuple<T...>& values) {
  std::string text = "(";
  const auto add = [&](const std::string& item) { text += (text.size() == 1 ? "" : ", ") + item; };
  std::apply([&](const auto&... items) { (add(repr(items)), ...); }, values);
  return text + (sizeof...(T) == 1 ? ",)" : ")");
}
template <class... T>
std::string repr(const std::tuple<T...>& values) {
  return str(values);
}

template <class Key, class Value>
std::string str(const torch::OrderedDict<Key, Value>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    text += (text.size() == 1 ? "" : ", ") + repr(item.key()) + ": " + repr(item.value());
  }
  return text + "}";
}
template <class Key, class Value>
std::string repr(const torch::OrderedDict<Key, Value>& items) {
  return str(items);
}

namespace detail {
template <class T, class = void>
constexpr bool has_repr = false;
template <class T>
constexpr bool has_repr<T, std::void_t<decltype(repr(std::declval<const T&>()))>> = true;

// Raises E about a value, with the value's repr in Python's words; in own ones where the value has none in C++.
template <class E, class T>
[[noreturn]] void raise_about(const T& value, const std::string& words = "") {
  if constexpr (has_repr<T>) raise<E>(repr(value) + words);
  throw E({"raise_about", __FILE__, 0}, "a value" + words);
}
}  // namespace detail

// The text of a collections.OrderedDict, up to Python 3.11.
template <class Key, class Value>
std::string ordered_str(const torch::OrderedDict<Key, Value>& items) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "(" : ", (") + repr(item.key()) + ", " + repr(item.value()) + ")";
  }
  return "OrderedDict(" + (text.empty() ? text : "[" + text + "]") + ")";
}

namespace detail {

inline bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// [[fill]align][sign]["#"]["0"][width][grouping]["." precision][type]; `z` and the type `c` are not known.
struct Spec {
  std::string fill = " ";
  char align = 0, sign = 0, grouping = 0, type = 0;
  bool alternate = false;
  int width = 0, precision = -1;

  bool is_type(const char* letters) const { return type != 0 && std::string(letters).find(type) != std::string::npos; }
};

inline Spec parse_spec(const std::string& text, char default_align) {
  Spec spec;
  size_t i = 0;
  const auto is_one_of = [&](const char* letters) {
    return i < text.size() && std::string(letters).find(text[i]) != std::string::npos;
  };
  const auto number = [&] {
    int64_t value = 0;
    for (; is_one_of("0123456789"); ++i) {
      value = value * 10 + (text[i] - '0');
      TORCH_CHECK_VALUE(value <= std::numeric_limits<int>::max(), "Too many decimal digits in format string");
    }
    return static_cast<int>(value);
  };
  if (!text.empty()) ++i;
  while (i < text.size() && !starts_character(text[i])) ++i;
  const bool filled = is_one_of("<>=^");
  if (filled) {
    spec.fill = text.substr(0, i);
  } else {
    i = 0;
  }
  if (is_one_of("<>=^")) spec.align = text[i++];
  if (is_one_of("+- ")) spec.sign = text[i++];
  assume(!is_one_of("z"), "the format option z has no translation");
  if (is_one_of("#")) spec.alternate = true, ++i;
  if (!filled && is_one_of("0")) {
    spec.fill = "0";
    if (spec.align == 0 && default_align == '>') spec.align = '=';
  }
  spec.width = number();
  if (is_one_of(",_")) spec.grouping = text[i++];
  if (is_one_of(".")) {
    ++i;
    TORCH_CHECK_VALUE(is_one_of("0123456789"), "Format specifier missing precision");
    spec.precision = number();
  }
  if (i < text.size()) spec.type = text[i++];
  TORCH_CHECK_VALUE(i == text.size(), "Invalid format specifier '", text, "'");
  if (spec.align == 0) spec.align = default_align;
  return spec;
}

inline size_t columns(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += starts_character(c);
  return count;
}

inline std::string pad(const Spec& spec, const std::string& sign, const std::string& body) {
  const auto used = static_cast<int>(columns(sign) + columns(body));
  if (used >= spec.width) return sign + body;
  const int missing = spec.width - used;
  const auto fill = [&](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += spec.fill;
    return text;
  };
  switch (spec.align) {
    case '<': return sign + body + fill(missing);
    case '^': return fill(missing / 2) + sign + body + fill(missing - missing / 2);
    case '=': return sign + fill(missing) + body;
    default: return fill(missing) + sign + body;
  }
}

// A number: its sign and prefix, its digits in groups of `size`, the rest (fraction, exponent, "inf", "%").
// Zeros that pad a number belong to its groups.
inline std::string pad_number(const Spec& spec, const std::string& sign, std::string digits, const std::string& rest,
                              size_t size = 3) {
  if (spec.grouping == 0 || digits.empty()) return pad(spec, sign, digits + rest);
  const bool zeros = spec.fill == "0" && spec.align == '=';
  const int64_t width = zeros ? spec.width - static_cast<int64_t>(sign.size() + rest.size()) : 0;
  std::string grouped;
  for (size_t i = 0; i < digits.size() || static_cast<int64_t>(grouped.size()) < width; ++i) {
    if (i > 0 && i % size == 0) grouped.insert(grouped.begin(), spec.grouping);
    grouped.insert(grouped.begin(), i < digits.size() ? digits[digits.size() - 1 - i] : '0');
  }
  return pad(spec, sign, grouped + rest);
}

inline std::string sign_of(const Spec& spec, bool negative) {
  return negative ? "-" : spec.sign == '+' || spec.sign == ' ' ? std::string(1, spec.sign) : "";
}

inline std::string print(double value, char type, int precision, bool alternate) {
  const std::string pattern = std::string("%") + (alternate ? "#" : "") + ".*" + type;
  std::string text(static_cast<size_t>(std::snprintf(nullptr, 0, pattern.c_str(), precision, value)) + 1, '\0');
  std::snprintf(text.data(), text.size(), pattern.c_str(), precision, value);
  text.pop_back();
  return text;
}

// A precision without a type: as "g", but with at least one digit after the point.
inline std::string print_general(double value, int precision, bool alternate) {
  precision = precision == 0 ? 1 : precision;
  std::string text = print(value, 'e', precision - 1, alternate);
  const auto mark = text.find('e');
  if (std::stoi(text.substr(mark + 1)) != precision - 1) {
    text = print(value, 'g', precision, alternate);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  if (alternate || text.find('.') == std::string::npos) return text;
  auto last = text.find_last_not_of('0', mark - 1);
  if (text[last] == '.') --last;
  return text.substr(0, last + 1) + text.substr(mark);
}

// The text of a finite number without a sign.
inline std::string print(const Spec& spec, double value) {
  if (spec.type == '%') return print(value * 100, 'f', spec.precision < 0 ? 6 : spec.precision, spec.alternate);
  if (spec.type == 0 && spec.precision >= 0) return print_general(value, spec.precision, spec.alternate);
  if (spec.type != 0) {
    const char type = spec.type == 'n' ? 'g' : spec.type;
    return print(value, type, spec.precision < 0 ? 6 : spec.precision, spec.alternate);
  }
  std::string text = str(value);
  if (spec.alternate && text.find('.') == std::string::npos) text.insert(text.find('e'), ".");
  return text;
}

}  // namespace detail

inline std::string format(double value, const std::string& text) {
  const auto spec = detail::parse_spec(text, '>');
  TORCH_CHECK_VALUE(spec.type == 0 || spec.is_type("fFeEgGn%"), "Unknown format code for a float: '", text, "'");
  TORCH_CHECK_VALUE(spec.type != 'n' || spec.grouping == 0, "Cannot specify a grouping with 'n'");
  std::string body = std::isnan(value) ? "nan" : "inf";
  if (std::isfinite(value)) {
    body = detail::print(spec, std::fabs(value));
  } else if (spec.is_type("FEG")) {
    body = std::isnan(value) ? "NAN" : "INF";
  }
  if (spec.type == '%') body += '%';
  const auto end = std::min(body.find_first_not_of("0123456789"), body.size());
  const auto sign = detail::sign_of(spec, std::signbit(value) && !std::isnan(value));
  return detail::pad_number(spec, sign, body.substr(0, end), body.substr(end));
}

inline std::string format(int64_t value, const std::string& text) {
  const auto spec = detail::parse_spec(text, '>');
  if (spec.is_type("fFeEgG%")) return format(static_cast<double>(value), text);
  TORCH_CHECK_VALUE(spec.precision < 0, "Precision not allowed in integer format specifier");
  assume(spec.type != 'c', "the format code c has no translation");
  TORCH_CHECK_VALUE(spec.type == 0 || spec.is_type("bdnoxX"), "Unknown format code for an int: '", text, "'");
  const unsigned base = spec.type == 'b' ? 2 : spec.type == 'o' ? 8 : spec.is_type("xX") ? 16 : 10;
  TORCH_CHECK_VALUE(spec.grouping == 0 || (spec.type != 'n' && (base == 10 || spec.grouping == '_')),
                    "Cannot specify '", std::string(1, spec.grouping), "' with '", std::string(1, spec.type), "'");
  const char* letters = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  auto magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  do {
    digits.insert(digits.begin(), letters[magnitude % base]);
    magnitude /= base;
  } while (magnitude != 0);
  std::string sign = detail::sign_of(spec, value < 0);
  if (spec.alternate && base != 10) sign += std::string("0") + spec.type;
  return detail::pad_number(spec, sign, digits, "", base == 10 ? 3 : 4);
}

inline std::string format(bool value, const std::string& text) {
  return text.empty() ? str(value) : format(static_cast<int64_t>(value), text);
}

inline std::string format(const std::string& value, const std::string& text) {
  const auto spec = detail::parse_spec(text, '<');
  const bool plain = spec.sign == 0 && spec.grouping == 0 && !spec.alternate && spec.align != '=';
  TORCH_CHECK_VALUE(plain && (spec.type == 0 || spec.type == 's'), "Invalid format specifier for a str: '", text, "'");
  size_t bytes = 0;
  for (int64_t left = spec.precision; bytes < value.size(); ++bytes) {
    if (detail::starts_character(value[bytes]) && left-- == 0) break;
  }
  return detail::pad(spec, "", value.substr(0, bytes));
}

// What print shows of a value that has no text of its own in C++: for people, never compared.
inline std::string show(const std::vector<double>& values) { return str(values); }
template <class T>
std::string show(const std::vector<T>& values) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) return str(values);
  return values.empty() ? "[]" : "[" + std::to_string(values.size()) + " items]";
}
template <class Key, class Value>
std::string show(const torch::OrderedDict<Key, Value>& items) {
  return items.is_empty() ? "{}" : "{" + std::to_string(items.size()) + " items}";
}
template <class... T>
std::string show(const std::tuple<T...>&) {
  return "(" + std::to_string(sizeof...(T)) + " items)";
}
// A node of the autograd graph, or None.
template <class Node>
auto show(const Node& node) -> decltype(std::string(node->name())) {
  return node == nullptr ? "None" : "<" + node->name() + " object>";
}
template <class T>
std::string show(const std::optional<T>& value) {
  if (!value.has_value()) return "None";
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) return str(*value);
  return "value";
}

}  // namespace py2cpp
