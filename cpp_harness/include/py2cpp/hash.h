// Python's hashes of values, which give sets their order (CPython's Python/pyhash.c and Objects/tupleobject.c).
// Those of texts are Python's with PYTHONHASHSEED=0; without it, Python draws others for each run.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "py2cpp/exceptions.h"

namespace py2cpp {

namespace detail {

// Numbers are hashed modulo this prime.
constexpr int kHashBits = 61;
constexpr uint64_t kHashModulus = (uint64_t{1} << kHashBits) - 1;

// -1 is taken: it says that a value has no hash.
inline int64_t without_minus_one(int64_t hash) { return hash == -1 ? -2 : hash; }

inline uint64_t rotated(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

// SipHash-1-3 with a key of zeros.
class SipHash {
 public:
  uint64_t of(std::string_view bytes) {
    size_t start = 0;
    for (; start + 8 <= bytes.size(); start += 8) absorb(word(bytes.substr(start, 8)));
    absorb(word(bytes.substr(start)) | static_cast<uint64_t>(bytes.size()) << 56);
    c_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  static uint64_t word(std::string_view bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }
  void absorb(uint64_t word) {
    d_ ^= word;
    round();
    a_ ^= word;
  }
  void round() {
    a_ += b_, c_ += d_;
    b_ = rotated(b_, 13) ^ a_, d_ = rotated(d_, 16) ^ c_;
    a_ = rotated(a_, 32);
    c_ += b_, a_ += d_;
    b_ = rotated(b_, 17) ^ c_, d_ = rotated(d_, 21) ^ a_;
    c_ = rotated(c_, 32);
  }

  uint64_t a_ = 0x736f6d6570736575, b_ = 0x646f72616e646f6d, c_ = 0x6c7967656e657261, d_ = 0x7465646279746573;
};

// The code points of a text in UTF-8.
inline std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    char32_t point = more == 0 ? first : first & (0x3f >> more);
    for (int k = 0; k < more && i < text.size(); ++k) point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3f);
    points.push_back(point);
  }
  return points;
}

// A text as Python keeps it: one, two or four bytes for each character, as its largest one needs.
inline std::string stored(std::string_view text) {
  const std::u32string points = code_points(text);
  char32_t largest = 0;
  for (const char32_t point : points) largest = point > largest ? point : largest;
  const size_t width = largest < 0x100 ? 1 : largest < 0x10000 ? 2 : 4;
  std::string bytes;
  for (const char32_t point : points) {
    for (size_t k = 0; k < width; ++k) bytes.push_back(static_cast<char>(point >> (8 * k) & 0xff));
  }
  return bytes;
}

}  // namespace detail

inline int64_t hash(bool value) { return value ? 1 : 0; }

inline int64_t hash(int64_t value) {
  const auto modulus = static_cast<int64_t>(detail::kHashModulus);
  return detail::without_minus_one(value % modulus);
}

// A float that is a whole number has the int's hash. A NaN has the hash of its address.
inline int64_t hash(double value) {
  if (std::isnan(value)) throw Untranslatable{"the hash of a NaN, which is its address"};
  if (std::isinf(value)) return value > 0 ? 314159 : -314159;
  int exponent = 0;
  double rest = std::frexp(std::fabs(value), &exponent);
  uint64_t hash = 0;
  while (rest != 0) {
    hash = ((hash << 28) & detail::kHashModulus) | hash >> (detail::kHashBits - 28);
    rest *= 268435456.0;  // 2**28
    exponent -= 28;
    const auto digit = static_cast<uint64_t>(rest);
    rest -= static_cast<double>(digit);
    hash += digit;
    if (hash >= detail::kHashModulus) hash -= detail::kHashModulus;
  }
  const int bits = exponent >= 0 ? exponent % detail::kHashBits
                                 : detail::kHashBits - 1 - (-1 - exponent) % detail::kHashBits;
  hash = ((hash << bits) & detail::kHashModulus) | hash >> (detail::kHashBits - bits);
  return detail::without_minus_one(value < 0 ? -static_cast<int64_t>(hash) : static_cast<int64_t>(hash));
}

inline int64_t hash(const std::string& text) {
  if (text.empty()) return 0;
  return detail::without_minus_one(static_cast<int64_t>(detail::SipHash().of(detail::stored(text))));
}

template <class... T>
int64_t hash(const std::tuple<T...>& values) {
  constexpr uint64_t kOne = 11400714785074694791ULL, kTwo = 14029467366897019727ULL, kFive = 2870177450012600261ULL;
  uint64_t total = kFive;
  const auto add = [&](int64_t lane) { total = detail::rotated(total + static_cast<uint64_t>(lane) * kTwo, 31) * kOne; };
  std::apply([&](const auto&... items) { (add(hash(items)), ...); }, values);
  total += sizeof...(T) ^ (kFive ^ 3527539ULL);
  return total == ~uint64_t{0} ? 1546275796 : static_cast<int64_t>(total);
}

}  // namespace py2cpp
