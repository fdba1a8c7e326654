// Reads calls of the runtime, one a line (a name and its arguments between tabs), and writes what each returns.
#include "py2cpp/format.h"
#include "py2cpp/math.h"
#include "py2cpp/number.h"

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using Words = std::vector<std::string>;

int64_t whole(const std::string& word) { return std::stoll(word); }
double real(const std::string& word) { return std::strtod(word.c_str(), nullptr); }

// Strings are in hexadecimal.
std::string text(const std::string& word) {
  std::string result;
  for (size_t i = 0; i < word.size(); i += 2) result += static_cast<char>(std::stoi(word.substr(i, 2), nullptr, 16));
  return result;
}

std::string answer(int64_t value) { return std::to_string(value); }
std::string answer(const std::string& value) { return value; }
std::string answer(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%a", value);
  return std::isnan(value) ? "nan" : buffer;
}

#define CALL(...) [](const Words& words) { return answer(py2cpp::__VA_ARGS__); }
#define INTS whole(words.at(1)), whole(words.at(2))
#define FLOATS real(words.at(1)), real(words.at(2))

const std::map<std::string, std::function<std::string(const Words&)>> kCalls{
    {"int +", CALL(add(INTS))},
    {"int -", CALL(sub(INTS))},
    {"int *", CALL(mul(INTS))},
    {"int //", CALL(floor_div(INTS))},
    {"int %", CALL(mod(INTS))},
    {"int **", CALL(pow(INTS))},
    {"int <<", CALL(shift_left(INTS))},
    {"int >>", CALL(shift_right(INTS))},
    {"int /", CALL(true_div(INTS))},
    {"float /", CALL(true_div(FLOATS))},
    {"float //", CALL(floor_div(FLOATS))},
    {"float %", CALL(mod(FLOATS))},
    {"float **", CALL(pow(FLOATS))},
    {"float min", CALL(min<double>(FLOATS))},
    {"float max", CALL(max<double>(FLOATS))},
    {"sqrt", CALL(math::sqrt(real(words.at(1))))},
    {"log", CALL(math::log(real(words.at(1))))},
    {"exp", CALL(math::exp(real(words.at(1))))},
    {"int", CALL(to_int(real(words.at(1))))},
    {"round", CALL(round(real(words.at(1))))},
    {"str float", CALL(str(real(words.at(1))))},
    {"repr str", CALL(repr(text(words.at(1))))},
    {"format float", CALL(format(real(words.at(1)), words.at(2)))},
    {"format int", CALL(format(whole(words.at(1)), words.at(2)))},
    {"format bool", CALL(format(words.at(1) == "True", words.at(2)))},
    {"format str", CALL(format(text(words.at(1)), words.at(2)))},
};

std::string called(const std::string& line) {
  Words words;
  std::istringstream stream(line + "\t");
  for (std::string word; std::getline(stream, word, '\t');) words.push_back(word);
  const auto& call = kCalls.at(words.at(0));
  try {
    return call(words);
  } catch (const c10::Error&) {
    return "error";
  } catch (const py2cpp::Untranslatable&) {
    return "beyond";
  }
}

}  // namespace

int main(int, char** arguments) {
  std::ifstream file(arguments[1]);
  for (std::string line; std::getline(file, line);) std::cout << called(line) << "\n";
}
