// Python's arithmetic on int (64 bits) and float, where C++'s differs: floor division, modulo, powers, division by
// zero, overflow. What Python answers with an exception, or with an int that does not fit, throws.
#pragma once

#include <c10/util/Exception.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <tuple>
#include <type_traits>

#include "py2cpp/exceptions.h"

namespace py2cpp {

inline int64_t add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) overflow();
  return result;
}

inline int64_t sub(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) overflow();
  return result;
}

inline int64_t mul(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) overflow();
  return result;
}

// What a loop has added floats to, and Python holds as the int `start` as long as it has not.
inline double surely_float(double value, int64_t start) {
  assume(value != static_cast<double>(start), "this may still be the int that it began with: start with a float");
  return value;
}

// An int as the float that it is compared with: Python compares the numbers themselves.
inline double unrounded(int64_t a) {
  assume(a >= -(int64_t{1} << 53) && a <= int64_t{1} << 53, "an int beyond 53 bits compared with a float");
  return static_cast<double>(a);
}

// a / b of floats: Python raises on zero.
inline double true_div(double a, double b) {
  expect<ZeroDivisionError>(b != 0.0, "float division by zero");
  return a / b;
}

// a / b of ints: the double that is nearest to the quotient, as CPython's, also of ints that no double holds.
inline double int_quotient(int64_t a, int64_t b) {
  expect<ZeroDivisionError>(b != 0, "division by zero");
  constexpr int64_t whole = int64_t{1} << 53;
  const auto fits = [](int64_t x) { return x >= -whole && x <= whole; };
  if (a == 0 || (fits(a) && fits(b))) return static_cast<double>(a) / static_cast<double>(b);
  const auto magnitude = [](int64_t x) { return x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x); };
  // 64 bits of the quotient, the last of which says whether there is a rest: a double keeps 53 of them, rounded once.
  unsigned __int128 rest = magnitude(a);
  int shift = 0;
  for (; rest >> 64 < magnitude(b) && (rest >> 126) == 0; ++shift) rest <<= 1;
  unsigned __int128 quotient = rest / magnitude(b);
  bool inexact = rest % magnitude(b) != 0;
  for (; quotient >> 64 != 0; --shift) inexact = inexact || (quotient & 1) != 0, quotient >>= 1;
  const double size = std::ldexp(static_cast<double>(static_cast<uint64_t>(quotient) | (inexact ? 1U : 0U)), -shift);
  return (a < 0) != (b < 0) ? -size : size;
}
template <class A, class B>
std::enable_if_t<std::is_integral_v<A> && std::is_integral_v<B>, double> true_div(A a, B b) {
  return int_quotient(a, b);
}

// a // b: rounds towards minus infinity.
inline int64_t floor_div(int64_t a, int64_t b) {
  expect<ZeroDivisionError>(b != 0, "integer division or modulo by zero");
  if (b == -1 && a == std::numeric_limits<int64_t>::min()) overflow();
  const int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

// a % b: has the sign of b.
inline int64_t mod(int64_t a, int64_t b) {
  expect<ZeroDivisionError>(b != 0, "integer modulo by zero");
  if (b == -1) return 0;
  const int64_t remainder = a % b;
  return (remainder != 0 && (remainder < 0) != (b < 0)) ? remainder + b : remainder;
}

// The steps are those of CPython's float_divmod, so that the bits are, too.
inline double mod(double a, double b) {
  expect<ZeroDivisionError>(b != 0.0, "float modulo");
  const double remainder = std::fmod(a, b);
  if (remainder == 0.0) return std::copysign(0.0, b);
  return (remainder < 0.0) != (b < 0.0) ? remainder + b : remainder;
}

inline double floor_div(double a, double b) {
  expect<ZeroDivisionError>(b != 0.0, "float floor division by zero");
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0.0 && (remainder < 0.0) != (b < 0.0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

// a ** b of ints, b not negative.
inline int64_t pow(int64_t a, int64_t b) {
  assume(b >= 0, "a negative power of an int is a float");
  int64_t result = 1;
  for (; b > 0; b >>= 1) {
    if (b & 1) result = mul(result, a);
    if (b > 1) a = mul(a, a);
  }
  return result;
}

// a ** b of floats: Python raises where the result would be complex, infinite or a division by zero.
inline double pow(double a, double b) {
  expect<ZeroDivisionError>(a != 0.0 || !(b < 0.0) || std::isinf(b), "0.0 cannot be raised to a negative power");
  assume(!(a < 0.0) || !std::isfinite(a) || !std::isfinite(b) || b == std::floor(b),
         "a negative number to a fractional power is complex");
  const double result = std::pow(a, b);
  expect<OverflowError>(!std::isinf(result) || !std::isfinite(a) || !std::isfinite(b),
                        "(34, 'Numerical result out of range')");
  return result;
}

inline int64_t shift_left(int64_t a, int64_t b) {
  expect<c10::ValueError>(b >= 0, "negative shift count");
  if (a == 0) return 0;
  if (b >= 64) overflow();
  return b < 63 ? mul(a, int64_t{1} << b) : mul(mul(a, int64_t{1} << 62), 2);
}

inline int64_t shift_right(int64_t a, int64_t b) {
  expect<c10::ValueError>(b >= 0, "negative shift count");
  return b > 62 ? (a < 0 ? -1 : 0) : a >> b;
}

template <class T>
T abs(T a) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fabs(a);
  } else {
    return a < 0 ? sub(0, a) : a;
  }
}

// int(x): towards zero.
inline int64_t to_int(double a) {
  expect<c10::ValueError>(!std::isnan(a), "cannot convert float NaN to integer");
  expect<OverflowError>(!std::isinf(a), "cannot convert float infinity to integer");
  if (!(a >= -9223372036854775808.0 && a < 9223372036854775808.0)) overflow();
  return static_cast<int64_t>(a);
}

// round(x): half to even.
inline int64_t round(double a) { return to_int(std::nearbyint(a)); }

// round(x, digits): to the nearest double of the decimal number that the digits say, as CPython does.
inline double round(double a, int64_t digits) {
  if (!std::isfinite(a) || digits > 323) return a;
  if (digits < -308) return 0.0 * a;
  if (digits < 0) {
    assume(digits >= -22, "rounding to so large a power of ten has no translation");
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    const double rest = std::fmod(std::fabs(a), unit), low = std::fabs(a) - rest;
    const bool up = rest * 2 > unit || (rest * 2 == unit && std::fmod(low / unit, 2.0) != 0.0);
    return std::copysign(up ? low + unit : low, a);
  }
  char text[800];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), a);
  const double result = std::strtod(text, nullptr);
  expect<OverflowError>(!std::isinf(result), "rounded value too large to represent");
  return result;
}
inline int64_t round(int64_t a, int64_t digits) {
  if (digits >= 0) return a;
  assume(digits > -18, "rounding to so large a power of ten has no translation");
  const int64_t unit = pow(int64_t{10}, -digits);
  const int64_t rest = mod(a, unit), low = sub(a, rest);
  const bool up = rest * 2 > unit || (rest * 2 == unit && floor_div(low, unit) % 2 != 0);
  return up ? add(low, unit) : low;
}

// divmod(a, b)
template <class T>
std::tuple<T, T> divmod(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) expect<ZeroDivisionError>(b != 0.0, "float divmod()");
  return {floor_div(a, b), mod(a, b)};
}

// pow(base, exponent, modulus)
inline int64_t pow(int64_t base, int64_t exponent, int64_t modulus) {
  expect<c10::ValueError>(modulus != 0, "pow() 3rd argument cannot be 0");
  assume(exponent >= 0, "a modular inverse has no translation");
  __int128 result = 1, factor = mod(base, modulus);
  const auto reduced = [&](__int128 value) {
    const __int128 rest = value % modulus;
    return rest != 0 && (rest < 0) != (modulus < 0) ? rest + modulus : rest;
  };
  for (result = reduced(result); exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = reduced(result * factor);
    factor = reduced(factor * factor);
  }
  return static_cast<int64_t>(result);
}

// min(a, b), max(a, b): the first of two that are equal, and Python's answer for NaN.
template <class T>
T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
T max(T a, T b) {
  return b > a ? b : a;
}

}  // namespace py2cpp
