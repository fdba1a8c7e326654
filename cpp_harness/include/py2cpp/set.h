// Python's sets of numbers and strings. Their order differs from Python's: nothing here shows it.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <vector>

#include "py2cpp/exceptions.h"

namespace py2cpp {

template <class T>
struct Set : std::set<T> {
  using std::set<T>::set;

  // a | b, a & b, a - b, a ^ b
  Set operator|(const Set& other) const {
    Set result = *this;
    result.insert(other.begin(), other.end());
    return result;
  }
  Set operator&(const Set& other) const { return kept(other, true); }
  Set operator-(const Set& other) const { return kept(other, false); }
  Set operator^(const Set& other) const { return (*this - other) | (other - *this); }

  bool has(const T& item) const { return this->find(item) != this->end(); }
  // self <= other
  bool is_subset(const Set& other) const {
    return std::all_of(this->begin(), this->end(), [&](const T& item) { return other.has(item); });
  }

  void remove(const T& item) { require<KeyError>(this->erase(item) == 1, "no such element"); }
  template <class Items>
  void update(const Items& more) {
    this->insert(more.begin(), more.end());
  }

 private:
  Set kept(const Set& other, bool common) const {
    Set result;
    for (const T& item : *this) {
      if (other.has(item) == common) result.insert(item);
    }
    return result;
  }
};

// a <= b, a < b
template <class T>
bool is_subset(const Set<T>& a, const Set<T>& b) {
  return a.is_subset(b);
}
template <class T>
bool is_proper_subset(const Set<T>& a, const Set<T>& b) {
  return a.size() < b.size() && a.is_subset(b);
}

// sorted(items), which is where the order of a set becomes Python's.
template <class T>
std::vector<T> sorted(const Set<T>& items, bool reverse = false) {
  std::vector<T> result(items.begin(), items.end());
  if (reverse) std::reverse(result.begin(), result.end());
  return result;
}

}  // namespace py2cpp
