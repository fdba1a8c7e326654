// py2cpp/format.h and py2cpp/string.h
#include "py2cpp/format.h"
#include "py2cpp/string.h"

#include <limits>

#include "expect.h"

namespace {

using py2cpp::format;
using py2cpp::repr;
using py2cpp::str;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();

void numbers() {
  EXPECT(str(true) == "True" && str(int64_t{-7}) == "-7");
  EXPECT(str(0.1 + 0.2) == "0.30000000000000004");
  EXPECT(str(1.0) == "1.0" && str(-0.0) == "-0.0");
  EXPECT(str(1e15) == "1000000000000000.0" && str(1e16) == "1e+16");
  EXPECT(str(0.0001) == "0.0001" && str(0.00001) == "1e-05");
  EXPECT(str(1.5e300) == "1.5e+300" && str(5e-324) == "5e-324");
  EXPECT(str(9007199254740993.0) == "9007199254740992.0");
  EXPECT(str(std::nan("")) == "nan" && str(-kInf) == "-inf");
}

void strings_and_lists() {
  EXPECT(repr(std::string("it's")) == "\"it's\"");
  EXPECT(repr(std::string("a'b\"c")) == R"('a\'b"c')");
  EXPECT(repr(std::string("\\\n\t\r\x01\x7fπ")) == R"('\\\n\t\r\x01\x7fπ')");
  EXPECT(str(std::vector<int64_t>{}) == "[]");
  EXPECT(str(std::vector<bool>{true, false}) == "[True, False]");
  EXPECT(str(std::vector<std::vector<double>>{{1.0}, {}}) == "[[1.0], []]");
  EXPECT(str(std::vector<std::string>{"a", "b"}) == "['a', 'b']");
}

void widths() {
  EXPECT(format(int64_t{7}, "3d") == "  7" && format(int64_t{-7}, "03d") == "-07");
  EXPECT(format(int64_t{7}, "<03d") == "700" && format(int64_t{7}, "*^5") == "**7**");
  EXPECT(format(2.5, ">8.3f") == "   2.500" && format(2.5, "08.3f") == "0002.500");
  EXPECT(format(2.5, "+") == "+2.5" && format(-2.5, " ") == "-2.5" && format(2.5, " ") == " 2.5");
  EXPECT(format(std::string("ab"), "5") == "ab   " && format(std::string("ab"), ">5s") == "   ab");
  EXPECT(format(std::string("ab"), "05") == "ab000" && format(std::string("ab"), "─^6") == "──ab──");
  EXPECT(format(std::string("πρός"), "6.3") == "πρό   ");
  EXPECT(format(true, "") == "True" && format(true, "3") == "  1");
}

void groups() {
  EXPECT(format(int64_t{1234567}, ",") == "1,234,567" && format(int64_t{-123}, ",") == "-123");
  EXPECT(format(int64_t{1234567}, "_") == "1_234_567" && format(int64_t{74565}, "_x") == "1_2345");
  EXPECT(format(1234567.891, ",.2f") == "1,234,567.89");
  EXPECT(format(int64_t{1234}, "010,") == "00,001,234" && format(int64_t{1234}, "08,") == "0,001,234");
  EXPECT(format(-1234.5, "010,.1f") == "-001,234.5");
  EXPECT(format(kInf, "08,") == "00000inf");
}

void bases() {
  EXPECT(format(int64_t{255}, "x") == "ff" && format(int64_t{255}, "#06X") == "0X00FF");
  EXPECT(format(int64_t{-5}, "b") == "-101" && format(int64_t{8}, "#o") == "0o10");
  EXPECT(format(kMin, "d") == "-9223372036854775808");
  EXPECT(format(int64_t{3}, ".2f") == "3.00");
}

void floats() {
  EXPECT(format(12345.678, "e") == "1.234568e+04" && format(0.00001234, ".2g") == "1.2e-05");
  EXPECT(format(0.256, ".1%") == "25.6%" && format(1.0, "%") == "100.000000%");
  EXPECT(format(0.5, ".0f") == "0" && format(1.5, ".0f") == "2" && format(-0.0, ".1f") == "-0.0");
  EXPECT(format(123.0, ".3") == "1.23e+02" && format(123.0, ".4") == "123.0" && format(100.0, ".3") == "1e+02");
  EXPECT(format(1e20, "#") == "1.e+20" && format(1.0, "#.0f") == "1." && format(100000.0, "g") == "100000");
  EXPECT(format(-kInf, "F") == "-INF" && format(std::nan(""), "+.2f") == "+nan" && format(1e308, ".0%") == "inf%");
}

void wrong_specifications() {
  for (const char* spec : {"q", ".", "5 ", "d3", ".2d", "s", "99999999999"}) {
    EXPECT_THROWS(c10::ValueError, format(2.5, spec));
  }
  EXPECT_THROWS(c10::ValueError, format(int64_t{2}, ".2"));
  EXPECT_THROWS(c10::ValueError, format(int64_t{2}, ",x"));
  for (const char* spec : {"d", "=5", "+", ",", "#"}) EXPECT_THROWS(c10::ValueError, format(std::string("a"), spec));
}

void lengths() { EXPECT(py2cpp::length("") == 0 && py2cpp::length("πx─") == 3); }

}  // namespace

int main() {
  numbers();
  strings_and_lists();
  widths();
  groups();
  bases();
  floats();
  wrong_specifications();
  lengths();
}
