// Python's math module: libm's functions, which raise outside of their domain and on overflow.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/number.h"

namespace py2cpp::math {

namespace detail {

// Compilers compute functions of constants exactly, libm does not: the argument must be no constant.
inline double opaque(double x) {
  volatile double value = x;
  return value;
}

inline double checked(double result, double x, double y = 0.0) {
  expect<c10::ValueError>(!std::isnan(result) || std::isnan(x) || std::isnan(y), "math domain error");
  expect<OverflowError>(!std::isinf(result) || !std::isfinite(x) || !std::isfinite(y), "math range error");
  return result;
}

// Functions that are infinite at a point of their edge, which Python takes for outside of the domain.
inline double checked_pole(double result, double x) {
  expect<c10::ValueError>(std::isfinite(result) || !std::isfinite(x), "math domain error");
  return checked(result, x);
}

}  // namespace detail

inline double sin(double x) { return detail::checked(std::sin(detail::opaque(x)), x); }
inline double cos(double x) { return detail::checked(std::cos(detail::opaque(x)), x); }
inline double tan(double x) { return detail::checked(std::tan(detail::opaque(x)), x); }
inline double asin(double x) { return detail::checked(std::asin(detail::opaque(x)), x); }
inline double acos(double x) { return detail::checked(std::acos(detail::opaque(x)), x); }
inline double atan(double x) { return std::atan(detail::opaque(x)); }
inline double sinh(double x) { return detail::checked(std::sinh(detail::opaque(x)), x); }
inline double cosh(double x) { return detail::checked(std::cosh(detail::opaque(x)), x); }
inline double tanh(double x) { return std::tanh(detail::opaque(x)); }
inline double asinh(double x) { return std::asinh(detail::opaque(x)); }
inline double acosh(double x) { return detail::checked(std::acosh(detail::opaque(x)), x); }
inline double atanh(double x) { return detail::checked_pole(std::atanh(detail::opaque(x)), x); }
inline double exp(double x) { return detail::checked(std::exp(detail::opaque(x)), x); }
inline double expm1(double x) { return detail::checked(std::expm1(detail::opaque(x)), x); }
inline double sqrt(double x) { return detail::checked(std::sqrt(x), x); }
inline double log(double x) { return detail::checked_pole(std::log(detail::opaque(x)), x); }
inline double log2(double x) { return detail::checked_pole(std::log2(detail::opaque(x)), x); }
inline double log10(double x) { return detail::checked_pole(std::log10(detail::opaque(x)), x); }
inline double log1p(double x) { return detail::checked_pole(std::log1p(detail::opaque(x)), x); }
inline double log(double x, double base) { return true_div(log(x), log(base)); }
inline double erf(double x) { return std::erf(detail::opaque(x)); }
inline double erfc(double x) { return std::erfc(detail::opaque(x)); }
inline double atan2(double y, double x) { return std::atan2(detail::opaque(y), x); }
inline double fmod(double x, double y) {
  if (std::isinf(y) && std::isfinite(x)) return x;
  return detail::checked(std::fmod(x, y), x, y);
}
inline double pow(double x, double y) {
  const double result = std::pow(detail::opaque(x), y);
  expect<c10::ValueError>(!(x == 0.0 && y < 0.0 && std::isfinite(y)), "math domain error");
  return detail::checked(result, x, y);
}
inline double degrees(double x) { return x * (180.0 / 3.141592653589793238462643383279502884); }
inline double radians(double x) { return x * (3.141592653589793238462643383279502884 / 180.0); }

inline int64_t factorial(int64_t n) {
  expect<c10::ValueError>(n >= 0, "factorial() not defined for negative values");
  int64_t result = 1;
  for (int64_t i = 2; i <= n; ++i) result = mul(result, i);
  return result;
}
inline int64_t comb(int64_t n, int64_t k) {
  TORCH_CHECK_VALUE(n >= 0 && k >= 0, "n and k must be non-negative integers");
  if (k > n) return 0;
  __int128 result = 1;
  for (int64_t i = 1; i <= std::min(k, n - k); ++i) {
    result = result * (n - i + 1) / i;
    if (result > std::numeric_limits<int64_t>::max()) overflow();
  }
  return static_cast<int64_t>(result);
}
inline int64_t perm(int64_t n, int64_t k) {
  TORCH_CHECK_VALUE(n >= 0 && k >= 0, "n and k must be non-negative integers");
  int64_t result = k > n ? 0 : 1;
  for (int64_t i = 0; i < k && result != 0; ++i) result = mul(result, n - i);
  return result;
}
inline int64_t gcd(int64_t a, int64_t b) { return std::gcd(abs(a), abs(b)); }
inline int64_t lcm(int64_t a, int64_t b) { return a == 0 || b == 0 ? 0 : mul(abs(a) / gcd(a, b), abs(b)); }
inline int64_t isqrt(int64_t n) {
  expect<c10::ValueError>(n >= 0, "isqrt() argument must be nonnegative");
  auto root = static_cast<int64_t>(std::sqrt(static_cast<double>(n)));
  while (static_cast<__int128>(root) * root > n) --root;
  while (static_cast<__int128>(root + 1) * (root + 1) <= n) ++root;
  return root;
}
inline int64_t prod(const std::vector<int64_t>& values) {
  int64_t result = 1;
  for (const int64_t value : values) result = mul(result, value);
  return result;
}
inline double prod(const std::vector<double>& values) {
  double result = 1.0;
  for (const double value : values) result *= value;
  return result;
}
inline bool isclose(double a, double b, double rel_tol = 1e-09, double abs_tol = 0.0) {
  TORCH_CHECK_VALUE(rel_tol >= 0.0 && abs_tol >= 0.0, "tolerances must be non-negative");
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;
  const double difference = std::fabs(b - a);
  return difference <= std::fabs(rel_tol * b) || difference <= std::fabs(rel_tol * a) || difference <= abs_tol;
}
// math.modf(x): the fraction and the whole part.
inline std::tuple<double, double> modf(double x) {
  double whole = 0.0;
  const double fraction = std::modf(x, &whole);
  return {fraction, whole};
}

}  // namespace py2cpp::math
