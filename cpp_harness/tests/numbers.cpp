// py2cpp/number.h
#include "py2cpp/math.h"
#include "py2cpp/number.h"

#include <cstring>
#include <limits>

#include "expect.h"

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void overflow_throws() {
  EXPECT(py2cpp::add(kMax, -1) == kMax - 1);
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::add(kMax, 1));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::sub(kMin, 1));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::mul(kMax, 2));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::abs(kMin));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::floor_div(kMin, int64_t{-1}));
}

void division_rounds_down() {
  EXPECT(py2cpp::floor_div(int64_t{7}, int64_t{2}) == 3);
  EXPECT(py2cpp::floor_div(int64_t{-7}, int64_t{2}) == -4);
  EXPECT(py2cpp::floor_div(int64_t{7}, int64_t{-2}) == -4);
  EXPECT(py2cpp::floor_div(int64_t{-7}, int64_t{-2}) == 3);
  EXPECT(py2cpp::mod(int64_t{-7}, int64_t{3}) == 2);
  EXPECT(py2cpp::mod(int64_t{7}, int64_t{-3}) == -2);
  EXPECT(py2cpp::mod(int64_t{-6}, int64_t{3}) == 0);
  EXPECT(py2cpp::mod(kMin, int64_t{-1}) == 0);
  EXPECT_THROWS(c10::Error, py2cpp::floor_div(int64_t{1}, int64_t{0}));
  EXPECT_THROWS(c10::Error, py2cpp::mod(int64_t{1}, int64_t{0}));
}

void float_division_keeps_signs() {
  EXPECT(py2cpp::floor_div(-7.5, 2.0) == -4.0);
  EXPECT(py2cpp::mod(-7.5, 2.0) == 0.5);
  EXPECT(py2cpp::mod(5.5, -2.0) == -0.5);
  EXPECT(same_bits(py2cpp::mod(4.0, -2.0), -0.0));
  EXPECT(same_bits(py2cpp::floor_div(-0.0, 2.0), -0.0));
  EXPECT(py2cpp::floor_div(1.0, 0.1) == 9.0);
  EXPECT(py2cpp::mod(1.0, kInf) == 1.0);
  EXPECT(py2cpp::mod(-1.0, kInf) == kInf);
  EXPECT(py2cpp::floor_div(-1.0, kInf) == -1.0);
  EXPECT(std::isnan(py2cpp::mod(kNan, 1.0)));
  EXPECT_THROWS(c10::Error, py2cpp::floor_div(1.0, 0.0));
  EXPECT_THROWS(c10::Error, py2cpp::mod(1.0, -0.0));
  EXPECT_THROWS(c10::Error, py2cpp::true_div(0.0, 0.0));
}

void powers_of_ints() {
  EXPECT(py2cpp::pow(int64_t{0}, int64_t{0}) == 1);
  EXPECT(py2cpp::pow(int64_t{-3}, int64_t{3}) == -27);
  EXPECT(py2cpp::pow(int64_t{2}, int64_t{62}) == int64_t{1} << 62);
  EXPECT(py2cpp::pow(int64_t{-2}, int64_t{63}) == kMin);
  EXPECT(py2cpp::pow(int64_t{-1}, kMax) == -1);
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::pow(int64_t{2}, int64_t{63}));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::pow(int64_t{2}, int64_t{-1}));
}

void powers_of_floats() {
  EXPECT(py2cpp::pow(-2.0, 3.0) == -8.0);
  EXPECT(py2cpp::pow(kNan, 0.0) == 1.0);
  EXPECT(py2cpp::pow(0.0, -kInf) == kInf);
  EXPECT(py2cpp::pow(-kInf, 0.5) == kInf);
  EXPECT(py2cpp::pow(1e-200, 2.0) == 0.0);
  EXPECT_THROWS(c10::Error, py2cpp::pow(0.0, -1.0));
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::pow(-8.0, 1.0 / 3.0));  // complex in Python
  EXPECT_THROWS(c10::Error, py2cpp::pow(1e200, 2.0));
}

void shifts() {
  EXPECT(py2cpp::shift_left(-1, 63) == kMin);
  EXPECT(py2cpp::shift_left(0, 1000) == 0);
  EXPECT(py2cpp::shift_right(-5, 1) == -3);
  EXPECT(py2cpp::shift_right(-5, 100) == -1);
  EXPECT(py2cpp::shift_right(5, 64) == 0);
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::shift_left(1, 63));
  EXPECT_THROWS(c10::Error, py2cpp::shift_left(1, -1));
  EXPECT_THROWS(c10::Error, py2cpp::shift_right(1, -1));
}

void domains() {
  EXPECT(same_bits(py2cpp::math::sqrt(-0.0), -0.0));
  EXPECT(py2cpp::math::log(kInf) == kInf);
  EXPECT(py2cpp::math::exp(-kInf) == 0.0);
  EXPECT(py2cpp::math::exp(kInf) == kInf);
  EXPECT_THROWS(c10::ValueError, py2cpp::math::sqrt(-1.0));
  EXPECT_THROWS(c10::ValueError, py2cpp::math::log(0.0));
  EXPECT_THROWS(c10::Error, py2cpp::math::exp(710.0));
}

void to_ints() {
  EXPECT(py2cpp::to_int(-2.9) == -2);
  EXPECT(py2cpp::to_int(-9223372036854775808.0) == kMin);
  EXPECT(py2cpp::round(0.5) == 0 && py2cpp::round(1.5) == 2 && py2cpp::round(2.5) == 2 && py2cpp::round(-2.5) == -2);
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::to_int(9223372036854775808.0));
  EXPECT_THROWS(c10::Error, py2cpp::to_int(kNan));
  EXPECT_THROWS(c10::Error, py2cpp::round(kInf));
}

void smaller_and_greater() {
  EXPECT(same_bits(py2cpp::min<double>(0.0, -0.0), 0.0) && same_bits(py2cpp::max<double>(-0.0, 0.0), -0.0));
  EXPECT(std::isnan(py2cpp::min<double>(kNan, 1.0)) && py2cpp::max<double>(1.0, kNan) == 1.0);
}

}  // namespace

int main() {
  overflow_throws();
  division_rounds_down();
  float_division_keeps_signs();
  powers_of_ints();
  powers_of_floats();
  shifts();
  domains();
  to_ints();
  smaller_and_greater();
}
