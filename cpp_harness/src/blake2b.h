// BLAKE2b (RFC 7693) of 32 bytes: of tensors that are too large to be written down. Optimised also where the rest is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace py2cpp::probe {

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("O2")
#endif

class Blake2b {
 public:
  // The digest of the bytes, as hexadecimal digits.
  static std::string of(const void* data, size_t size) {
    Blake2b hash;
    const auto* bytes = static_cast<const unsigned char*>(data);
    size_t done = 0;
    for (; size - done > kBlock; done += kBlock) hash.block(bytes + done, done + kBlock, false);
    unsigned char last[kBlock] = {};
    if (size > done) std::memcpy(last, bytes + done, size - done);
    hash.block(last, size, true);
    return hash.text();
  }

 private:
  static constexpr size_t kBlock = 128;
  static constexpr size_t kWords = 4;  // of the digest
  static constexpr uint64_t kStart[8] = {
      0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  static constexpr unsigned char kOrder[10][16] = {
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

  uint64_t state_[8];

  Blake2b() {
    std::memcpy(state_, kStart, sizeof(state_));
    state_[0] ^= 0x01010000 | (8 * kWords);
  }

  [[gnu::always_inline]] static inline uint64_t rotated(uint64_t x, int n) { return (x >> n) | (x << (64 - n)); }

  [[gnu::always_inline]] static inline void mix(uint64_t& a, uint64_t& b, uint64_t& c, uint64_t& d, uint64_t x, uint64_t y) {
    a += b + x;
    d = rotated(d ^ a, 32);
    c += d;
    b = rotated(b ^ c, 24);
    a += b + y;
    d = rotated(d ^ a, 16);
    c += d;
    b = rotated(b ^ c, 63);
  }

  void block(const unsigned char* bytes, uint64_t count, bool is_last) {
    uint64_t m[16];
    for (int i = 0; i < 16; ++i) {
      m[i] = 0;
      for (int j = 7; j >= 0; --j) m[i] = m[i] << 8 | bytes[8 * i + j];  // little-endian, on every machine
    }
    uint64_t v[16];
    for (int i = 0; i < 8; ++i) {
      v[i] = state_[i];
      v[i + 8] = kStart[i];
    }
    v[12] ^= count;
    if (is_last) v[14] = ~v[14];
    for (int round = 0; round < 12; ++round) {
      const unsigned char* s = kOrder[round % 10];
      mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
      mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
      mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
      mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
      mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
      mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
      mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
      mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; ++i) state_[i] ^= v[i] ^ v[i + 8];
  }

  std::string text() const {
    std::string out;
    for (size_t i = 0; i < kWords; ++i) {
      for (int byte = 0; byte < 8; ++byte) {
        const auto value = static_cast<unsigned char>(state_[i] >> (8 * byte));
        out += "0123456789abcdef"[value >> 4];
        out += "0123456789abcdef"[value & 15];
      }
    }
    return out;
  }
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

}  // namespace py2cpp::probe
