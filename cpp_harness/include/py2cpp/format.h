// Python's text of numbers, bools, strings and lists: str(x), repr(x), and the format specifications of f-strings.
#pragma once

#include <c10/util/Exception.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

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
inline std::string repr(int64_t value) { return str(value); }
inline std::string repr(double value) { return str(value); }
inline std::string repr(const std::string& value) {
  const bool double_quotes = value.find('\'') != std::string::npos && value.find('"') == std::string::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string text(1, quote);
  for (const char c : value) {
    if (c == quote || c == '\\') {
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

template <class T>
std::string str(const std::vector<T>& values) {
  std::string text = "[";
  bool first = true;
  for (const T value : values) {
    text += first ? "" : ", ";
    text += repr(value);
    first = false;
  }
  return text + "]";
}

namespace detail {

struct Spec {
  std::string fill = " ";
  char align = 0;
  char sign = '-';
  bool alternate = false, comma = false, underscore = false;
  int width = 0, precision = -1;
  char type = 0;
};

inline Spec parse_spec(const std::string& text) {
  Spec spec;
  size_t i = 0;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  if (text.size() > 1 && is_align(text[1])) {
    spec.fill = text.substr(0, 1);
    spec.align = text[1];
    i = 2;
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = text[0];
    i = 1;
  }
  if (i < text.size() && (text[i] == '+' || text[i] == '-' || text[i] == ' ')) spec.sign = text[i++];
  if (i < text.size() && text[i] == '#') spec.alternate = true, ++i;
  if (i < text.size() && text[i] == '0') {
    if (spec.align == 0) spec.fill = "0", spec.align = '=';
    ++i;
  }
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') spec.width = spec.width * 10 + (text[i++] - '0');
  if (i < text.size() && text[i] == ',') spec.comma = true, ++i;
  if (i < text.size() && text[i] == '_') spec.underscore = true, ++i;
  if (i < text.size() && text[i] == '.') {
    spec.precision = 0;
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      spec.precision = spec.precision * 10 + (text[i] - '0');
    }
  }
  if (i < text.size()) spec.type = text[i++];
  TORCH_CHECK_VALUE(i == text.size(), "Invalid format specifier '", text, "'");
  return spec;
}

inline size_t columns(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

inline std::string pad(const Spec& spec, const std::string& sign, const std::string& body, char align) {
  const auto used = static_cast<int>(columns(sign) + columns(body));
  if (used >= spec.width) return sign + body;
  const int missing = spec.width - used;
  const auto fill = [&](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += spec.fill;
    return text;
  };
  switch (align) {
    case '<': return sign + body + fill(missing);
    case '^': return fill(missing / 2) + sign + body + fill(missing - missing / 2);
    case '=': return sign + fill(missing) + body;
    default: return fill(missing) + sign + body;
  }
}

inline std::string group(const Spec& spec, std::string digits) {
  if (!spec.comma && !spec.underscore) return digits;
  auto end = digits.find_first_not_of("0123456789");
  if (end == std::string::npos) end = digits.size();
  for (auto i = static_cast<int64_t>(end) - 3; i > 0; i -= 3) digits.insert(i, spec.comma ? "," : "_");
  return digits;
}

inline std::string sign_of(const Spec& spec, bool negative) {
  return negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
}

}  // namespace detail

inline std::string format(double value, const std::string& text) {
  const auto spec = detail::parse_spec(text);
  const bool negative = std::signbit(value) && !std::isnan(value);
  const double magnitude = std::fabs(value);
  std::string body;
  if (!std::isfinite(value)) {
    body = std::isnan(value) ? "nan" : "inf";
    if (spec.type == 'F' || spec.type == 'E' || spec.type == 'G') body = std::isnan(value) ? "NAN" : "INF";
    if (spec.type == '%') body += '%';
  } else if (spec.type == 0 && spec.precision < 0) {
    body = str(magnitude);
  } else {
    const char type = spec.type == '%' ? 'f' : spec.type == 0 || spec.type == 'n' ? 'g' : spec.type;
    TORCH_CHECK_VALUE(std::string("fFeEgG").find(type) != std::string::npos, "Unknown format code for float");
    const std::string pattern = std::string("%") + (spec.alternate ? "#" : "") + ".*" + type;
    const double shown = spec.type == '%' ? magnitude * 100 : magnitude;
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    const int length = std::snprintf(nullptr, 0, pattern.c_str(), precision, shown);
    body.resize(static_cast<size_t>(length) + 1);
    std::snprintf(body.data(), body.size(), pattern.c_str(), precision, shown);
    body.pop_back();
    if (spec.type == 0 && body.find_first_of(".en") == std::string::npos) body += ".0";
    if (spec.type == '%') body += '%';
  }
  return detail::pad(spec, detail::sign_of(spec, negative), detail::group(spec, body), spec.align ? spec.align : '>');
}

inline std::string format(int64_t value, const std::string& text) {
  const auto spec = detail::parse_spec(text);
  if (spec.type != 0 && std::string("fFeEgG%").find(spec.type) != std::string::npos) {
    return format(static_cast<double>(value), text);
  }
  TORCH_CHECK_VALUE(spec.precision < 0, "Precision not allowed in integer format specifier");
  std::string body, prefix;
  auto magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const unsigned base = spec.type == 'b' ? 2 : spec.type == 'o' ? 8 : spec.type == 'x' || spec.type == 'X' ? 16 : 10;
  TORCH_CHECK_VALUE(base != 10 || spec.type == 0 || spec.type == 'd' || spec.type == 'n', "Unknown format code for int");
  const char* digits = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  do {
    body.insert(body.begin(), digits[magnitude % base]);
    magnitude /= base;
  } while (magnitude != 0);
  if (spec.alternate && base != 10) prefix = std::string("0") + spec.type;
  return detail::pad(spec, detail::sign_of(spec, value < 0) + prefix, detail::group(spec, body),
                     spec.align ? spec.align : '>');
}

inline std::string format(bool value, const std::string& text) {
  const auto spec = detail::parse_spec(text);
  if (spec.type != 0) return format(static_cast<int64_t>(value), text);
  return format(static_cast<int64_t>(value), text);
}

inline std::string format(const std::string& value, const std::string& text) {
  const auto spec = detail::parse_spec(text);
  std::string body = value;
  if (spec.precision >= 0) {
    size_t bytes = 0;
    for (int left = spec.precision; bytes < body.size(); ++bytes) {
      if ((static_cast<unsigned char>(body[bytes]) & 0xc0) != 0x80 && left-- == 0) break;
    }
    body.resize(bytes);
  }
  return detail::pad(spec, "", body, spec.align && spec.align != '=' ? spec.align : '<');
}

// What print shows of a value that has no text of its own in C++: for people, never compared.
inline std::string show(const std::vector<double>& values) { return str(values); }
template <class T>
std::string show(const std::vector<T>& values) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) return str(values);
  return "[" + std::to_string(values.size()) + " items]";
}
template <class... T>
std::string show(const std::tuple<T...>&) {
  return "(" + std::to_string(sizeof...(T)) + " items)";
}
template <class T>
std::string show(const std::optional<T>& value) {
  if (!value.has_value()) return "None";
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) return str(*value);
  return "value";
}

}  // namespace py2cpp
