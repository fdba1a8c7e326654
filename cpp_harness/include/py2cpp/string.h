// Python's strings, which count code points, on std::string in UTF-8.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "py2cpp/list.h"

namespace py2cpp {

// string.punctuation, string.whitespace, string.printable
inline const std::string punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
inline const std::string whitespace = " \t\n\r\v\f";
inline const std::string printable =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + punctuation + whitespace;

// len(text)
inline int64_t length(const std::string& text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

// list(text): the code points, each a string.
inline std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> result;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) result.emplace_back();
    result.back() += c;
  }
  return result;
}

namespace detail {

inline const std::string whitespace = " \t\n\r\v\f\x1c\x1d\x1e\x1f";

// Case and classes of characters beyond ASCII take Unicode's tables, which are not here.
inline const std::string& ascii(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
  assume(plain, "characters beyond ASCII have no case or class here");
  return text;
}

template <class Change>
std::string mapped(const std::string& text, Change change) {
  std::string result = ascii(text);
  for (char& c : result) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return result;
}

template <class Test>
bool every(const std::string& text, Test test) {
  return !ascii(text).empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) { return test(c); });
}

inline std::string padding(const std::string& text, int64_t width, const std::string& fill) {
  expect<c10::TypeError>(length(fill) == 1, "The fill character must be exactly one character long");
  std::string result;
  for (int64_t i = length(text); i < width; ++i) result += fill;
  return result;
}

// The place of a byte as Python counts: in code points; -1 for none.
inline int64_t place(const std::string& text, size_t byte) {
  return byte == std::string::npos ? -1 : length(text.substr(0, byte));
}

inline std::pair<size_t, size_t> bounds(const std::string& text, const std::string& chars, bool left, bool right) {
  size_t begin = 0, end = text.size();
  while (left && begin < end && chars.find(text[begin]) != std::string::npos) ++begin;
  while (right && begin < end && chars.find(text[end - 1]) != std::string::npos) --end;
  return {begin, end};
}

inline std::string stripped(const std::string& text, const std::string& chars, bool left, bool right) {
  const auto [begin, end] = bounds(text, ascii(chars), left, right);
  return text.substr(begin, end - begin);
}

}  // namespace detail

// text.upper(), text.lower(), ...
inline std::string upper(const std::string& text) { return detail::mapped(text, [](int c) { return std::toupper(c); }); }
inline std::string lower(const std::string& text) { return detail::mapped(text, [](int c) { return std::tolower(c); }); }
inline std::string swapcase(const std::string& text) {
  return detail::mapped(text, [](int c) { return std::islower(c) ? std::toupper(c) : std::tolower(c); });
}
inline std::string title(const std::string& text) {
  bool inside = false;
  return detail::mapped(text, [&](int c) {
    const int changed = inside ? std::tolower(c) : std::toupper(c);
    inside = std::isalpha(c) != 0;
    return changed;
  });
}
inline std::string capitalize(const std::string& text) {
  bool first = true;
  return detail::mapped(text, [&](int c) { return std::exchange(first, false) ? std::toupper(c) : std::tolower(c); });
}

// text.isdigit(), ...
inline bool is_digit(const std::string& text) { return detail::every(text, [](int c) { return std::isdigit(c) != 0; }); }
inline bool is_alpha(const std::string& text) { return detail::every(text, [](int c) { return std::isalpha(c) != 0; }); }
inline bool is_alnum(const std::string& text) { return detail::every(text, [](int c) { return std::isalnum(c) != 0; }); }
inline bool is_space(const std::string& text) {
  return detail::every(text, [](char c) { return detail::whitespace.find(c) != std::string::npos; });
}
inline bool is_upper(const std::string& text) { return text == upper(text) && text != lower(text); }
inline bool is_lower(const std::string& text) { return text == lower(text) && text != upper(text); }

// text.strip(chars), ...
inline std::string strip(const std::string& text, const std::string& chars = detail::whitespace) {
  return detail::stripped(text, chars, true, true);
}
inline std::string lstrip(const std::string& text, const std::string& chars = detail::whitespace) {
  return detail::stripped(text, chars, true, false);
}
inline std::string rstrip(const std::string& text, const std::string& chars = detail::whitespace) {
  return detail::stripped(text, chars, false, true);
}

// text.startswith(part), text.endswith(part), also with a tuple of parts.
inline bool starts_with(const std::string& text, const std::string& part) { return text.compare(0, part.size(), part) == 0; }
inline bool ends_with(const std::string& text, const std::string& part) {
  return text.size() >= part.size() && text.compare(text.size() - part.size(), part.size(), part) == 0;
}
inline bool starts_with(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return starts_with(text, part); });
}
inline bool ends_with(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return ends_with(text, part); });
}
inline std::string remove_prefix(const std::string& text, const std::string& part) {
  return starts_with(text, part) ? text.substr(part.size()) : text;
}
inline std::string remove_suffix(const std::string& text, const std::string& part) {
  return ends_with(text, part) ? text.substr(0, text.size() - part.size()) : text;
}

// text.find(part), text.rfind(part), text.index(part)
inline int64_t find(const std::string& text, const std::string& part) { return detail::place(text, text.find(part)); }
inline int64_t rfind(const std::string& text, const std::string& part) { return detail::place(text, text.rfind(part)); }
inline int64_t index(const std::string& text, const std::string& part) {
  expect<c10::ValueError>(text.find(part) != std::string::npos, "substring not found");
  return find(text, part);
}

inline int64_t rindex(const std::string& text, const std::string& part) {
  expect<c10::ValueError>(text.find(part) != std::string::npos, "substring not found");
  return rfind(text, part);
}

// text.count(part): without overlap.
inline int64_t count(const std::string& text, const std::string& part) {
  if (part.empty()) return length(text) + 1;
  int64_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

// text.replace(old, new, count)
inline std::string replace(const std::string& text, const std::string& old, const std::string& with, int64_t count = -1) {
  std::string result;
  if (old.empty()) {
    for (const auto& c : characters(text)) {
      if (count != 0) result += with, --count;
      result += c;
    }
    return count == 0 ? result : result + with;
  }
  size_t start = 0;
  for (size_t at = text.find(old); at != std::string::npos && count != 0; at = text.find(old, start), --count) {
    result += text.substr(start, at - start) + with;
    start = at + old.size();
  }
  return result + text.substr(start);
}

// separator.join(parts)
inline std::string join(const std::string& separator, const std::vector<std::string>& parts) {
  std::string result;
  for (size_t i = 0; i < parts.size(); ++i) result += (i == 0 ? "" : separator) + parts[i];
  return result;
}

// text.split(): at runs of whitespace.
inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> result;
  size_t start = detail::ascii(text).find_first_not_of(detail::whitespace);
  while (start != std::string::npos) {
    const size_t end = text.find_first_of(detail::whitespace, start);
    result.push_back(text.substr(start, end == std::string::npos ? end : end - start));
    start = text.find_first_not_of(detail::whitespace, end);
  }
  return result;
}

// text.split(separator, count)
inline std::vector<std::string> split(const std::string& text, const std::string& separator, int64_t count = -1) {
  expect<c10::ValueError>(!separator.empty(), "empty separator");
  std::vector<std::string> result;
  size_t start = 0;
  for (size_t at = text.find(separator); at != std::string::npos && count != 0; at = text.find(separator, start), --count) {
    result.push_back(text.substr(start, at - start));
    start = at + separator.size();
  }
  result.push_back(text.substr(start));
  return result;
}

// text.rsplit(separator, count)
inline std::vector<std::string> rsplit(const std::string& text, const std::string& separator, int64_t count = -1) {
  expect<c10::ValueError>(!separator.empty(), "empty separator");
  std::vector<std::string> result;
  std::string rest = text;
  for (size_t at = rest.rfind(separator); at != std::string::npos && count != 0; at = rest.rfind(separator), --count) {
    result.push_back(rest.substr(at + separator.size()));
    rest.resize(at);
  }
  result.push_back(rest);
  std::reverse(result.begin(), result.end());
  return result;
}

// text.splitlines(), of lines that end in "\n" or "\r\n".
inline std::vector<std::string> split_lines(const std::string& text) {
  assume(text.find_first_of("\v\f\x1c\x1d\x1e\x85") == std::string::npos, "this text has other line ends");
  std::vector<std::string> result;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", start), text.size());
    result.push_back(text.substr(start, end - start));
    start = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
  return result;
}

// text.partition(separator), text.rpartition(separator)
inline std::tuple<std::string, std::string, std::string> partition(const std::string& text, const std::string& separator) {
  expect<c10::ValueError>(!separator.empty(), "empty separator");
  const size_t at = text.find(separator);
  if (at == std::string::npos) return {text, "", ""};
  return {text.substr(0, at), separator, text.substr(at + separator.size())};
}
inline std::tuple<std::string, std::string, std::string> rpartition(const std::string& text, const std::string& separator) {
  expect<c10::ValueError>(!separator.empty(), "empty separator");
  const size_t at = text.rfind(separator);
  if (at == std::string::npos) return {"", "", text};
  return {text.substr(0, at), separator, text.substr(at + separator.size())};
}

// text.ljust(width, fill), ...
inline std::string ljust(const std::string& text, int64_t width, const std::string& fill = " ") {
  return text + detail::padding(text, width, fill);
}
inline std::string rjust(const std::string& text, int64_t width, const std::string& fill = " ") {
  return detail::padding(text, width, fill) + text;
}
inline std::string center(const std::string& text, int64_t width, const std::string& fill = " ") {
  const int64_t missing = std::max<int64_t>(width - length(text), 0);
  const int64_t left = missing / 2 + (missing & width & 1);
  return rjust(text, length(text) + left, fill) + detail::padding(text, length(text) + missing - left, fill);
}
inline std::string zfill(const std::string& text, int64_t width) {
  const bool is_signed = !text.empty() && (text[0] == '+' || text[0] == '-');
  const std::string zeros = detail::padding(text, width, "0");
  return is_signed ? text[0] + zeros + text.substr(1) : zeros + text;
}

// text[i], text[lower:upper:step]
inline std::string at(const std::string& text, int64_t i) {
  const auto parts = characters(text);
  const auto size = static_cast<int64_t>(parts.size());
  expect<c10::IndexError>(i >= -size && i < size, "string index out of range");
  return parts[static_cast<size_t>(i < 0 ? i + size : i)];
}

inline std::string slice(const std::string& text, std::optional<int64_t> lower, std::optional<int64_t> upper, int64_t step) {
  return join("", slice(characters(text), lower, upper, step));
}

// ord(character), chr(code)
inline int64_t ord(const std::string& text) {
  if (length(text) != 1) {
    raise<c10::TypeError>("ord() expected a character, but string of length " + std::to_string(length(text)) + " found");
  }
  const auto byte = [&](size_t i) { return static_cast<int64_t>(static_cast<unsigned char>(text[i])); };
  const int64_t head = byte(0);
  int64_t code = head < 0x80 ? head : head < 0xe0 ? head & 0x1f : head < 0xf0 ? head & 0x0f : head & 0x07;
  for (size_t i = 1; i < text.size(); ++i) code = code << 6 | (byte(i) & 0x3f);
  return code;
}
inline std::string chr(int64_t code) {
  expect<c10::ValueError>(code >= 0 && code < 0x110000, "chr() arg not in range(0x110000)");
  assume(code < 0xd800 || code > 0xdfff, "a lone surrogate has no UTF-8 form");
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace py2cpp
