// Python's collections: defaultdict and Counter on torch::OrderedDict, deque on std::vector.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/dict.h"
#include "py2cpp/format.h"
#include "py2cpp/list.h"

namespace py2cpp {

template <class T>
struct Set;

// A dict that makes the value of a key that it does not have: with `make`, or a value of no items, or 0.
template <class Key, class Value>
struct DefaultDict : torch::OrderedDict<Key, Value> {
  using Items = torch::OrderedDict<Key, Value>;

  DefaultDict() = default;
  explicit DefaultDict(Items items) : Items(std::move(items)) {}
  explicit DefaultDict(std::function<Value()> make, Items items = Items()) : Items(std::move(items)), make_(std::move(make)) {}

  Value& operator[](const Key& key) {
    if (Value* found = this->find(key)) return *found;
    Value made = make_ ? make_() : Value{};  // which may change the dict
    if (Value* found = this->find(key)) return *found = std::move(made);
    return this->insert(key, std::move(made));
  }

 private:
  std::function<Value()> make_;
};

// How often each key was counted: 0 for a key that it does not have.
template <class Key>
struct Counter : torch::OrderedDict<Key, int64_t> {
  using Items = torch::OrderedDict<Key, int64_t>;
  using Plain = typename detail::key<Key>::plain;

  Counter() = default;
  explicit Counter(const Items& counts) { update(counts); }
  explicit Counter(const std::vector<Plain>& keys) { update(keys); }

  int64_t operator[](const Key& key) const {
    const int64_t* found = this->find(key);
    return found == nullptr ? 0 : *found;
  }

  void update(const std::vector<Plain>& keys) {
    for (const Plain& key : std::vector<Plain>(keys)) change(key, 1);
  }
  void update(const Items& counts) {
    for (const auto& item : Items(counts)) change(item.key(), item.value());
  }
  void subtract(const std::vector<Plain>& keys) {
    for (const Plain& key : std::vector<Plain>(keys)) change(key, -1);
  }
  void subtract(const Items& counts) {
    for (const auto& item : Items(counts)) change(item.key(), sub(int64_t{0}, item.value()));
  }

  // The keys that were counted most, those that were counted first in front.
  std::vector<std::tuple<Plain, int64_t>> most_common() const {
    auto items = item_list(*this);
    std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return std::get<1>(a) > std::get<1>(b); });
    return items;
  }
  std::vector<std::tuple<Plain, int64_t>> most_common(int64_t n) const {
    auto items = most_common();
    items.resize(std::min(items.size(), static_cast<size_t>(std::max(n, int64_t{0}))));
    return items;
  }
  std::vector<Plain> elements() const {
    std::vector<Plain> keys;
    for (const auto& item : *this) {
      for (int64_t i = 0; i < item.value(); ++i) keys.push_back(item.key());
    }
    return keys;
  }
  int64_t total() const {
    int64_t sum = 0;
    for (const auto& item : *this) sum = add(sum, item.value());
    return sum;
  }

  // self + other, self - other, self | other, self & other: only what is above 0 is kept.
  Counter plus(const Counter& other) const {
    return joined(other, [](int64_t a, int64_t b) { return add(a, b); });
  }
  Counter minus(const Counter& other) const {
    return joined(other, [](int64_t a, int64_t b) { return sub(a, b); });
  }
  Counter most(const Counter& other) const {
    return joined(other, [](int64_t a, int64_t b) { return std::max(a, b); });
  }
  Counter least(const Counter& other) const {
    return joined(other, [](int64_t a, int64_t b) { return std::min(a, b); });
  }
  // self += other, self -= other, self |= other, self &= other
  Counter& operator+=(const Counter& other) { return *this = plus(other); }
  Counter& operator-=(const Counter& other) { return *this = minus(other); }
  Counter& operator|=(const Counter& other) { return *this = most(other); }
  Counter& operator&=(const Counter& other) { return *this = least(other); }

 private:
  void change(const Key& key, int64_t by) { set(*this, key, add((*this)[key], by)); }

  template <class Join>
  Counter joined(const Counter& other, Join join) const {
    Counter result;
    const auto keep = [&](const Key& key) {
      const int64_t count = join((*this)[key], other[key]);
      if (count > 0) result.insert(key, count);
    };
    for (const auto& item : *this) keep(item.key());
    for (const auto& item : other) {
      if (!this->contains(item.key())) keep(item.key());
    }
    return result;
  }
};

// a == b: a key that is missing counts as 0.
template <class Key>
bool equal(const Counter<Key>& a, const Counter<Key>& b) {
  const auto same = [&](const auto& item) { return a[item.key()] == b[item.key()]; };
  return std::all_of(a.begin(), a.end(), same) && std::all_of(b.begin(), b.end(), same);
}

// A list with two ends; one that is full drops items at the other end.
template <class T>
struct Deque : std::vector<T> {
  Deque() = default;
  explicit Deque(std::vector<T> items) : std::vector<T>(std::move(items)) {}
  Deque(const std::vector<T>& items, int64_t most) : most_(most) {
    TORCH_CHECK_VALUE(most >= 0, "maxlen must be non-negative");
    extend(items);
  }

  int64_t most() const { return most_; }  // -1: any number

  void append(T item) {
    this->push_back(std::move(item));
    if (is_too_long()) this->erase(this->begin());
  }
  void append_left(T item) {
    this->std::vector<T>::insert(this->begin(), std::move(item));
    if (is_too_long()) this->pop_back();
  }
  void extend(const std::vector<T>& items) {
    for (const T& item : std::vector<T>(items)) append(item);
  }
  void extend_left(const std::vector<T>& items) {
    for (const T& item : std::vector<T>(items)) append_left(item);
  }
  T pop() {
    expect<c10::IndexError>(!this->empty(), "pop from an empty deque");
    T item = std::move(this->back());
    this->pop_back();
    return item;
  }
  T pop_left() {
    expect<c10::IndexError>(!this->empty(), "pop from an empty deque");
    T item = std::move(this->front());
    this->erase(this->begin());
    return item;
  }
  void insert_at(int64_t i, T item) {
    TORCH_CHECK_INDEX(most_ < 0 || static_cast<int64_t>(this->size()) < most_, "deque already at its maximum size");
    py2cpp::insert(*this, i, std::move(item));
  }
  void reverse() { std::reverse(this->begin(), this->end()); }
  void rotate(int64_t steps = 1) {
    const auto count = static_cast<int64_t>(this->size());
    if (count == 0) return;
    steps = ((steps % count) + count) % count;
    std::rotate(this->begin(), this->end() - steps, this->end());
  }

 private:
  bool is_too_long() const { return most_ >= 0 && static_cast<int64_t>(this->size()) > most_; }

  int64_t most_ = -1;
};

namespace detail {
// What Python calls the class that makes the values of a defaultdict.
template <class T>
struct class_name;
template <>
struct class_name<int64_t> {
  static constexpr const char* text = "int";
};
template <>
struct class_name<double> {
  static constexpr const char* text = "float";
};
template <>
struct class_name<bool> {
  static constexpr const char* text = "bool";
};
template <>
struct class_name<std::string> {
  static constexpr const char* text = "str";
};
template <class T>
struct class_name<std::vector<T>> {
  static constexpr const char* text = "list";
};
template <class T>
struct class_name<Set<T>> {
  static constexpr const char* text = "set";
};
template <class Key, class Value>
struct class_name<torch::OrderedDict<Key, Value>> {
  static constexpr const char* text = "dict";
};
template <class Key>
struct class_name<Counter<Key>> {
  static constexpr const char* text = "collections.Counter";
};
template <class T>
struct class_name<Deque<T>> {
  static constexpr const char* text = "collections.deque";
};
}  // namespace detail

template <class Key, class Value>
std::string str(const DefaultDict<Key, Value>& items) {
  const torch::OrderedDict<Key, Value>& plain = items;
  return std::string("defaultdict(<class '") + detail::class_name<Value>::text + "'>, " + str(plain) + ")";
}
template <class Key, class Value>
std::string repr(const DefaultDict<Key, Value>& items) {
  return str(items);
}

template <class Key>
std::string str(const Counter<Key>& counts) {
  if (counts.is_empty()) return "Counter()";
  std::string text;
  for (const auto& [key, count] : counts.most_common()) {
    text += (text.empty() ? "" : ", ") + repr(key) + ": " + repr(count);
  }
  return "Counter({" + text + "})";
}
template <class Key>
std::string repr(const Counter<Key>& counts) {
  return str(counts);
}

template <class T>
std::string str(const Deque<T>& items) {
  const std::vector<T>& plain = items;
  const std::string length = items.most() < 0 ? "" : ", maxlen=" + std::to_string(items.most());
  return "deque(" + str(plain) + length + ")";
}
template <class T>
std::string repr(const Deque<T>& items) {
  return str(items);
}

}  // namespace py2cpp
