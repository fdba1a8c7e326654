// int(text) and float(text), as Python reads numbers.
#pragma once

#include <c10/util/Exception.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "py2cpp/exceptions.h"
#include "py2cpp/string.h"

namespace py2cpp {

namespace detail {

// The digits of a number without the underscores between them.
template <class Refuse>
std::string without_underscores(const std::string& text, Refuse refuse) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i + 1] != '_';
    if (text[i] == '_' && !between) refuse();
    if (text[i] != '_') result += text[i];
  }
  return result;
}

inline std::string without_sign(const std::string& text) {
  return !text.empty() && (text[0] == '+' || text[0] == '-') ? text.substr(1) : text;
}

}  // namespace detail

// int(text, base); the bases 2, 8 and 16 may be written as a prefix, which tells the base where it is 0.
inline int64_t parse_int(const std::string& text, int64_t base = 10) {
  TORCH_CHECK_VALUE(base == 0 || (base >= 2 && base <= 36), "int() base must be >= 2 and <= 36, or 0");
  const auto refuse = [&] {
    raise<c10::ValueError>("invalid literal for int() with base " + std::to_string(base) + ": " + repr(text));
  };
  const std::string whole = lower(strip(text));
  std::string digits = detail::without_sign(whole);
  const auto is_written = [&](const char* prefix, int64_t its) { return (base == its || base == 0) && starts_with(digits, prefix); };
  const int64_t told = is_written("0b", 2) ? 2 : is_written("0o", 8) ? 8 : is_written("0x", 16) ? 16 : 0;
  if (told != 0) digits = digits.substr(digits[2] == '_' ? 3 : 2);
  digits = detail::without_underscores(digits, refuse);
  if (base == 0 && told == 0 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) refuse();
  digits = (whole[0] == '-' ? "-" : "") + digits;
  const int64_t known = told != 0 ? told : base != 0 ? base : 10;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, static_cast<int>(known));
  if (error == std::errc::result_out_of_range) overflow();
  if (error != std::errc() || end != digits.data() + digits.size() || digits.find_first_not_of('-') >= 2) refuse();
  return value;
}

// float(text)
inline double parse_float(const std::string& text) {
  const std::string whole = lower(strip(text));
  const std::string digits = detail::without_sign(whole);
  const double sign = whole[0] == '-' ? -1.0 : 1.0;
  if (digits == "inf" || digits == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (digits == "nan") return sign * std::numeric_limits<double>::quiet_NaN();
  const auto refuse = [&] { raise<c10::ValueError>("could not convert string to float: " + repr(text)); };
  const std::string plain = detail::without_underscores(digits, refuse);
  const bool numeric = !plain.empty() && plain.find_first_not_of("0123456789.e+-") == std::string::npos && plain[0] != '-';
  if (!numeric) refuse();
  size_t used = 0;
  double value = 0.0;
  try {
    value = std::stod(plain, &used);
  } catch (const std::invalid_argument&) {
    used = 0;
  } catch (const std::out_of_range&) {
    // Too large is infinity and too small is zero (or a denormal) in Python.
    value = std::strtod(plain.c_str(), nullptr);
    used = plain.size();
  }
  if (used != plain.size()) refuse();
  return sign * value;
}

}  // namespace py2cpp
