// os.path, of POSIX: paths are text, and files are asked for where the program runs.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"

namespace py2cpp::path {

inline std::string join(const std::vector<std::string>& parts) {
  std::string path = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (!part.empty() && part.front() == '/') {
      path = part;
    } else if (path.empty() || path.back() == '/') {
      path += part;
    } else {
      path += "/" + part;
    }
  }
  return path;
}

// The directory and the name.
inline std::pair<std::string, std::string> split(const std::string& path) {
  const size_t begin = path.rfind('/') + 1;
  std::string head = path.substr(0, begin);
  if (head.find_first_not_of('/') != std::string::npos) head.erase(head.find_last_not_of('/') + 1);
  return {head, path.substr(begin)};
}

// The path without its extension, and the extension: a name's first dots begin none.
inline std::tuple<std::string, std::string> split_extension(const std::string& path) {
  const size_t begin = path.rfind('/') + 1;
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos || dot < begin) return {path, ""};
  const size_t first = path.find_first_not_of('.', begin);
  if (first == std::string::npos || first > dot) return {path, ""};
  return {path.substr(0, dot), path.substr(dot)};
}

inline bool exists(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0;
}
inline bool is_file(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}
inline bool is_directory(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

inline void make_directories(const std::string& path, bool exist_ok = false) {
  auto [head, tail] = split(path);
  if (tail.empty()) std::tie(head, tail) = split(head);
  if (!head.empty() && !tail.empty() && !exists(head)) {
    make_directories(head, true);
    if (tail == ".") return;
  }
  if (mkdir(path.c_str(), 0777) == 0) return;
  if (exist_ok && is_directory(path)) return;
  if (errno == EEXIST) raise<FileExistsError>("File exists: '" + path + "'");
  if (errno == ENOENT) raise<FileNotFoundError>("No such file or directory: '" + path + "'");
  raise<OSError>("cannot make the directory '" + path + "'");
}

}  // namespace py2cpp::path
