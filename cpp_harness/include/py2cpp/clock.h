// What is another value in each run, or in each installation: clocks, versions. Only differences of the values of clocks
// mean anything, but for `time`: seconds since 1970.
#pragma once

#include <torch/version.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>

namespace py2cpp {

namespace detail {

template <class Clock>
double seconds() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

}  // namespace detail

// Seconds since 1970, as `time.time()`.
inline double time() { return detail::seconds<std::chrono::system_clock>(); }

// Nanoseconds since 1970, as `time.time_ns()`.
inline int64_t time_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

// Seconds of a clock that never goes back, as `time.perf_counter()`.
inline double perf_counter() { return detail::seconds<std::chrono::steady_clock>(); }

// Seconds of a clock that never goes back, as `time.monotonic()`.
inline double monotonic() { return detail::seconds<std::chrono::steady_clock>(); }

// Seconds of CPU that the program has used, as `time.process_time()`.
inline double process_time() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// `torch.__version__`, without what a wheel adds to it.
inline std::string version() { return TORCH_VERSION; }

}  // namespace py2cpp
