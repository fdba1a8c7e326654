// What the tests are written with: an expectation that fails ends the program, NDEBUG or not.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void expect(bool holds, const char* text, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, text);
  std::exit(1);
}

template <class Error, class Call>
bool throws(const Call& call) {
  try {
    call();
  } catch (const Error&) {
    return true;
  }
  return false;
}

#define EXPECT(...) expect((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define EXPECT_THROWS(Error, ...) expect(throws<Error>([&] { (void)(__VA_ARGS__); }), #__VA_ARGS__, __FILE__, __LINE__)
