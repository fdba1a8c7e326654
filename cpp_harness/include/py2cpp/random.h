// Python's random module: the Mersenne Twister of CPython, seeded and drawn from as CPython does it.
#pragma once

#include <c10/util/Exception.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/number.h"

namespace py2cpp {

class Random {
 public:
  explicit Random(int64_t seed = 0) { this->seed(seed); }

  void seed(int64_t value) {
    auto magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    std::vector<uint32_t> key{static_cast<uint32_t>(magnitude)};
    if (magnitude >> 32) key.push_back(static_cast<uint32_t>(magnitude >> 32));
    start(19650218);
    uint32_t i = 1, j = 0;
    for (uint32_t k = 624; k > 0; --k) {
      state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525U)) + key[j] + j;
      step(i);
      j = (j + 1) % static_cast<uint32_t>(key.size());
    }
    for (uint32_t k = 623; k > 0; --k) {
      state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941U)) - i;
      step(i);
    }
    state_[0] = 0x80000000U;
    next_gauss_.reset();
  }

  double random() {
    const uint32_t a = draw() >> 5, b = draw() >> 6;
    return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
  }
  int64_t getrandbits(int64_t bits) {
    TORCH_CHECK_VALUE(bits >= 0, "number of bits must be non-negative");
    if (bits > 63) overflow();
    if (bits == 0) return 0;
    if (bits <= 32) return draw() >> (32 - bits);
    const uint64_t low = draw(), high = draw() >> (64 - bits);
    return static_cast<int64_t>(high << 32 | low);
  }
  double uniform(double a, double b) { return a + (b - a) * random(); }
  int64_t randrange(int64_t stop) {
    TORCH_CHECK_VALUE(stop > 0, "empty range for randrange()");
    return below(stop);
  }
  int64_t randrange(int64_t start, int64_t stop, int64_t step = 1) {
    TORCH_CHECK_VALUE(step != 0, "zero step for randrange()");
    const int64_t width = sub(stop, start);
    const int64_t count = step > 0 ? floor_div(width + step - 1, step) : floor_div(width + step + 1, step);
    TORCH_CHECK_VALUE(count > 0, "empty range for randrange()");
    return start + step * below(count);
  }
  int64_t randint(int64_t a, int64_t b) { return randrange(a, add(b, 1)); }
  template <class T>
  T choice(const std::vector<T>& values) {
    expect<c10::IndexError>(!values.empty(), "Cannot choose from an empty sequence");
    return values[place(values.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i-- > 1;) std::swap(values[i], values[place(i + 1)]);
  }
  template <class T>
  std::vector<T> sample(const std::vector<T>& values, int64_t k) {
    const auto n = static_cast<int64_t>(values.size());
    TORCH_CHECK_VALUE(k >= 0 && k <= n, "Sample larger than population or is negative");
    double set_size = 21;
    if (k > 5) set_size += std::pow(4.0, std::ceil(std::log(static_cast<double>(k) * 3) / std::log(4.0)));
    std::vector<T> result;
    if (static_cast<double>(n) <= set_size) {
      std::vector<T> pool = values;
      for (int64_t i = 0; i < k; ++i) {
        const size_t j = place(static_cast<size_t>(n - i));
        result.push_back(pool[j]);
        pool[j] = pool[static_cast<size_t>(n - i - 1)];
      }
      return result;
    }
    std::set<size_t> chosen;
    while (static_cast<int64_t>(result.size()) < k) {
      const size_t j = place(static_cast<size_t>(n));
      if (chosen.insert(j).second) result.push_back(values[j]);
    }
    return result;
  }
  template <class T>
  std::vector<T> choices(const std::vector<T>& values, int64_t k = 1) {
    require<c10::IndexError>(!values.empty(), "list index out of range");
    std::vector<T> result;
    for (int64_t i = 0; i < k; ++i) {
      result.push_back(values[static_cast<size_t>(std::floor(random() * static_cast<double>(values.size())))]);
    }
    return result;
  }
  double gauss(double mu = 0.0, double sigma = 1.0) {
    double z = 0.0;
    if (next_gauss_.has_value()) {
      z = *next_gauss_;
      next_gauss_.reset();
    } else {
      const double angle = random() * (2.0 * 3.141592653589793238462643383279502884);
      const double radius = std::sqrt(-2.0 * std::log(1.0 - random()));
      z = std::cos(angle) * radius;
      next_gauss_ = std::sin(angle) * radius;
    }
    return mu + z * sigma;
  }
  // Kinderman and Monahan's method, as in CPython.
  double normalvariate(double mu = 0.0, double sigma = 1.0) {
    const double magic = 4 * std::exp(-0.5) / std::sqrt(2.0);
    while (true) {
      const double u1 = random(), u2 = 1.0 - random();
      const double z = magic * (u1 - 0.5) / u2;
      if (z * z / 4.0 <= -std::log(u2)) return mu + z * sigma;
    }
  }
  double expovariate(double rate) { return -std::log(1.0 - random()) / rate; }

 private:
  void start(uint32_t value) {
    state_[0] = value;
    for (uint32_t i = 1; i < 624; ++i) state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
    next_ = 624;
  }
  void step(uint32_t& i) {
    if (++i >= 624) {
      state_[0] = state_[623];
      i = 1;
    }
  }
  uint32_t draw() {
    if (next_ >= 624) {
      for (uint32_t i = 0; i < 624; ++i) {
        const uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % 624] & 0x7fffffffU);
        state_[i] = state_[(i + 397) % 624] ^ (y >> 1) ^ ((y & 1) ? 0x9908b0dfU : 0);
      }
      next_ = 0;
    }
    uint32_t y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
  }
  // A number below n: bits are drawn until they are one.
  int64_t below(int64_t n) {
    int64_t bits = 0;
    while (bits < 63 && n >> bits) ++bits;
    int64_t r = getrandbits(bits);
    while (r >= n) r = getrandbits(bits);
    return r;
  }
  size_t place(size_t n) { return static_cast<size_t>(below(static_cast<int64_t>(n))); }

  uint32_t state_[624];
  uint32_t next_ = 624;
  std::optional<double> next_gauss_;
};

// The module's own generator.
inline Random& generator() {
  static Random shared;
  return shared;
}

}  // namespace py2cpp
