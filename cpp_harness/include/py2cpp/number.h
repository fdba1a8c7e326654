// Python's arithmetic on int (64 bits) and float, where C++'s differs: floor division, modulo, powers, division by
// zero, overflow. What Python answers with an exception, or with an int that does not fit, throws.
#pragma once

#include <c10/util/Exception.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace py2cpp {

inline int64_t add(int64_t a, int64_t b) {
  int64_t result = 0;
  TORCH_CHECK(!__builtin_add_overflow(a, b, &result), "integer overflow");
  return result;
}

inline int64_t sub(int64_t a, int64_t b) {
  int64_t result = 0;
  TORCH_CHECK(!__builtin_sub_overflow(a, b, &result), "integer overflow");
  return result;
}

inline int64_t mul(int64_t a, int64_t b) {
  int64_t result = 0;
  TORCH_CHECK(!__builtin_mul_overflow(a, b, &result), "integer overflow");
  return result;
}

// a / b of floats, and of ints that were converted: Python raises on zero.
inline double true_div(double a, double b) {
  TORCH_CHECK(b != 0.0, "division by zero");
  return a / b;
}

// a // b: rounds towards minus infinity.
inline int64_t floor_div(int64_t a, int64_t b) {
  TORCH_CHECK(b != 0, "integer division or modulo by zero");
  TORCH_CHECK(b != -1 || a != std::numeric_limits<int64_t>::min(), "integer overflow");
  const int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

// a % b: has the sign of b.
inline int64_t mod(int64_t a, int64_t b) {
  TORCH_CHECK(b != 0, "integer division or modulo by zero");
  if (b == -1) return 0;
  const int64_t remainder = a % b;
  return (remainder != 0 && (remainder < 0) != (b < 0)) ? remainder + b : remainder;
}

// The steps are those of CPython's float_divmod, so that the bits are, too.
inline double mod(double a, double b) {
  TORCH_CHECK(b != 0.0, "float modulo by zero");
  const double remainder = std::fmod(a, b);
  if (remainder == 0.0) return std::copysign(0.0, b);
  return (remainder < 0.0) != (b < 0.0) ? remainder + b : remainder;
}

inline double floor_div(double a, double b) {
  TORCH_CHECK(b != 0.0, "float floor division by zero");
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0.0 && (remainder < 0.0) != (b < 0.0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

// a ** b of ints, b not negative.
inline int64_t pow(int64_t a, int64_t b) {
  TORCH_CHECK(b >= 0, "a negative power of an int is a float");
  int64_t result = 1;
  for (; b > 0; b >>= 1) {
    if (b & 1) result = mul(result, a);
    if (b > 1) a = mul(a, a);
  }
  return result;
}

// a ** b of floats: Python raises where the result would be complex, infinite or a division by zero.
inline double pow(double a, double b) {
  TORCH_CHECK(a != 0.0 || !(b < 0.0) || std::isinf(b), "0.0 cannot be raised to a negative power");
  TORCH_CHECK(!(a < 0.0) || !std::isfinite(a) || !std::isfinite(b) || b == std::floor(b),
              "a negative number to a fractional power is complex");
  const double result = std::pow(a, b);
  TORCH_CHECK(!std::isinf(result) || !std::isfinite(a) || !std::isfinite(b), "result too large");
  return result;
}

inline int64_t shift_left(int64_t a, int64_t b) {
  TORCH_CHECK(b >= 0, "negative shift count");
  if (a == 0) return 0;
  TORCH_CHECK(b < 64, "integer overflow");
  return b < 63 ? mul(a, int64_t{1} << b) : mul(mul(a, int64_t{1} << 62), 2);
}

inline int64_t shift_right(int64_t a, int64_t b) {
  TORCH_CHECK(b >= 0, "negative shift count");
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

// math.sqrt, math.log, math.exp: Python raises outside of the domain and on overflow.
inline double sqrt(double a) {
  TORCH_CHECK_VALUE(!(a < 0.0), "math domain error");
  return std::sqrt(a);
}
inline double log(double a) {
  TORCH_CHECK_VALUE(!(a <= 0.0), "math domain error");
  return std::log(a);
}
inline double exp(double a) {
  const double result = std::exp(a);
  TORCH_CHECK(!std::isinf(result) || std::isinf(a), "math range error");
  return result;
}

// int(x): towards zero.
inline int64_t to_int(double a) {
  TORCH_CHECK(std::isfinite(a), "cannot convert float infinity or NaN to integer");
  TORCH_CHECK(a >= -9223372036854775808.0 && a < 9223372036854775808.0, "integer overflow");
  return static_cast<int64_t>(a);
}

// round(x): half to even.
inline int64_t round(double a) { return to_int(std::nearbyint(a)); }

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
