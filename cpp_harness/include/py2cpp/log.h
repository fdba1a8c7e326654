// Python's logging and warnings: records of the level that is wanted, and warnings, go to the standard error.
#pragma once

#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "py2cpp/exceptions.h"

namespace py2cpp {
namespace detail {

struct Log {
  std::map<std::string, int64_t> levels{{"", 30}};
  bool configured = false;
};
inline Log& log_state() {
  static Log state;
  return state;
}

inline std::string level_name(int64_t level) {
  switch (level) {
    case 10: return "DEBUG";
    case 20: return "INFO";
    case 30: return "WARNING";
    case 40: return "ERROR";
    case 50: return "CRITICAL";
    default: return "Level " + std::to_string(level);
  }
}

}  // namespace detail

// A logger is its name: loggers of one name are one. Names with dots are below those before the dot.
class Logger {
 public:
  Logger() = default;
  Logger(std::nullptr_t) {}
  explicit Logger(std::string name) : name_(std::move(name)), known_(true) {}

  bool operator==(std::nullptr_t) const { return !known_; }
  bool operator!=(std::nullptr_t) const { return known_; }

  void set_level(int64_t level) const { detail::log_state().levels[name_] = level; }

  void log(int64_t level, const std::string& message) const {
    if (level < wanted()) return;
    if (detail::log_state().configured) {
      std::cerr << detail::level_name(level) << ":" << (name_.empty() ? "root" : name_) << ":" << message << "\n";
    } else if (level >= 30) {
      std::cerr << message << "\n";
    }
  }

 private:
  int64_t wanted() const {
    const auto& levels = detail::log_state().levels;
    std::string name = name_;
    while (true) {
      const auto found = levels.find(name);
      if (found != levels.end() && found->second != 0) return found->second;
      if (name.empty()) return 0;
      const size_t dot = name.rfind('.');
      name = dot == std::string::npos ? "" : name.substr(0, dot);
    }
  }

  std::string name_;
  bool known_ = false;
};

inline Logger get_logger(const std::string& name = "") { return Logger(name == "root" ? "" : name); }

// logging.basicConfig: only the first counts.
inline void configure_log(int64_t level = 0) {
  auto& state = detail::log_state();
  if (!state.configured && level != 0) state.levels[""] = level;
  state.configured = true;
}

// logging.info(message) and the like.
inline void log(int64_t level, const std::string& message) {
  configure_log();
  Logger("").log(level, message);
}

namespace detail {
inline bool& warns() {
  static bool state = true;
  return state;
}
}  // namespace detail

inline void warn(const std::string& message) {
  if (detail::warns()) std::cerr << "warning: " << message << "\n";
}
inline void filter_warnings(const std::string& action) {
  detail::warns() = action != "ignore";
}

}  // namespace py2cpp
