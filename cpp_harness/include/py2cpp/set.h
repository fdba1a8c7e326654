// Python's sets, in CPython's order: that of the places in its hash table (Objects/setobject.c, 3.11 to 3.13).
#pragma once

#include <torch/ordered_dict.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"
#include "py2cpp/hash.h"
#include "py2cpp/tuple_key.h"

namespace py2cpp {

template <class T>
class Set;
template <class T>
Set<T> set_of(const std::vector<T>& items);

namespace detail {
template <class T>
struct holds_text : std::is_same<T, std::string> {};
template <class... T>
struct holds_text<std::tuple<T...>> : std::disjunction<holds_text<T>...> {};
}  // namespace detail

template <class T>
class Set {
  // A removed element leaves its place taken.
  struct Place {
    std::optional<T> item;
    int64_t hash = 0;
    bool removed = false;
  };
  using Table = std::vector<Place>;

 public:
  using value_type = T;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator(typename Table::const_iterator at, typename Table::const_iterator end) : at_(at), end_(end) { skip(); }
    reference operator*() const { return *at_->item; }
    pointer operator->() const { return &*at_->item; }
    const_iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    const_iterator operator++(int) {
      const const_iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator& other) const { return at_ == other.at_; }
    bool operator!=(const const_iterator& other) const { return at_ != other.at_; }

   private:
    void skip() {
      while (at_ != end_ && !at_->item) ++at_;
    }
    typename Table::const_iterator at_, end_;
  };

  Set() = default;
  // {a, b}
  Set(std::initializer_list<T> items) {
    for (const T& item : items) insert(item);
  }
  // The frozen set that Python's compiler makes of constants, out of another one; and a third time, up to Python 3.12,
  // if one of its texts stands elsewhere in the process too.
  static Set frozen(std::initializer_list<T> constants) {
    Set made = set_of(Set(constants).items());
    if (detail::holds_text<T>::value) made.is_ordered_ = set_of(made.items()).items() == made.items();
    return made;
  }
  // {1, 2, 3}: a display of three and more constants is copied from a frozen set.
  static Set of_constants(std::initializer_list<T> constants) { return frozen(constants).copy(); }

  const_iterator begin() const {
    if (!is_ordered_) throw Untranslatable{"the order of this set depends on what texts Python has seen before"};
    return {table_.begin(), table_.end()};
  }
  const_iterator end() const { return {table_.end(), table_.end()}; }
  size_t size() const { return used_; }
  bool empty() const { return used_ == 0; }
  // list(self)
  std::vector<T> items() const { return std::vector<T>(begin(), end()); }
  bool has(const T& item) const { return table_[find(item, hash(item))].item.has_value(); }

  void insert(const T& item) { insert(item, hash(item)); }
  // self.discard(item): whether it was there.
  bool erase(const T& item) {
    Place& place = table_[find(item, hash(item))];
    if (!place.item) return false;
    remove_at(place);
    return true;
  }
  void remove(const T& item) {
    if (!erase(item)) detail::raise_about<KeyError>(item);
  }
  T pop() {
    py2cpp::expect<KeyError>(used_ != 0, "'pop from an empty set'");
    begin();  // which checks that there is an order
    size_t at = finger_ & mask();
    while (!table_[at].item) at = at == mask() ? 0 : at + 1;
    T item = std::move(*table_[at].item);
    remove_at(table_[at]);
    finger_ = at + 1;
    return item;
  }
  void clear() {
    table_ = Table(kLeast);
    filled_ = used_ = 0;
    is_ordered_ = true;
  }
  // self.copy(), set(self): the elements in a table of their own, without the places of those that were removed.
  Set copy() const {
    Set made;
    made.update(*this);
    return made;
  }

  // Room for so many more, before they are put in.
  void expect(size_t more) {
    if ((filled_ + more) * 5 >= mask() * 3) resize((used_ + more) * 2);
  }
  // self.update(more)
  void update(const std::vector<T>& more) {
    for (const T& item : more) insert(item);
  }
  void update(const Set& more) {
    if (&more == this || more.empty()) return;
    is_ordered_ = is_ordered_ && more.is_ordered_;
    expect(more.used_);
    if (filled_ == 0 && table_.size() == more.table_.size() && more.filled_ == more.used_) {
      table_ = more.table_;
      filled_ = used_ = more.used_;
      return;
    }
    for (const Place& place : more.table_) {
      if (place.item) insert(*place.item, place.hash);
    }
  }

  // self | other, self & other, self - other, self ^ other
  Set operator|(const Set& other) const {
    Set made = copy();
    if (&other != this) made.update(other);
    return made;
  }
  Set operator&(const Set& other) const {
    if (&other == this) return copy();
    return other.used_ > used_ ? kept_in(*this, other, true) : kept_in(other, *this, true);
  }
  Set operator-(const Set& other) const {
    if (used_ / 4 <= other.used_) return kept_in(*this, other, false);
    Set made = copy();
    made -= other;
    return made;
  }
  Set operator^(const Set& other) const {
    Set made = other.copy();
    made ^= *this;
    return made;
  }

  // self |= other, self &= other, self -= other, self ^= other
  Set& operator|=(const Set& other) {
    update(other);
    return *this;
  }
  Set& operator&=(const Set& other) {
    Set common = *this & other;
    std::swap(table_, common.table_);
    is_ordered_ = common.is_ordered_;
    filled_ = common.filled_;
    used_ = common.used_;
    return *this;
  }
  Set& operator-=(const Set& other) {
    if (&other == this) {
      clear();
      return *this;
    }
    for (const T& item : other) erase(item);
    if (filled_ - used_ > mask() / 4) resize(grown());
    return *this;
  }
  Set& operator^=(const Set& other) {
    if (&other == this) {
      clear();
      return *this;
    }
    for (const T& item : other) {
      if (!erase(item)) insert(item);
    }
    return *this;
  }

  bool operator==(const Set& other) const { return used_ == other.used_ && is_subset(other); }
  bool operator!=(const Set& other) const { return !(*this == other); }
  // self <= other
  bool is_subset(const Set& other) const {
    const auto is_there = [&](const Place& place) { return !place.item || other.has(*place.item); };
    return std::all_of(table_.begin(), table_.end(), is_there);
  }

 private:
  static constexpr size_t kLeast = 8;
  static constexpr size_t kNeighbours = 9;

  size_t mask() const { return table_.size() - 1; }
  size_t grown() const { return used_ > 50000 ? used_ * 2 : used_ * 4; }

  // The places where an element with this hash may be, one after the other, up to the first that was never taken.
  class Search {
   public:
    Search(const Table& table, int64_t hash)
        : table_(table), perturbed_(static_cast<size_t>(hash)), at_(perturbed_ & mask()), last_(run()) {}
    size_t at() const { return at_; }
    bool ends() const { return !table_[at_].item && !table_[at_].removed; }
    void next() {
      if (at_++ != last_) return;
      perturbed_ >>= 5;
      at_ = (start_ * 5 + 1 + perturbed_) & mask();
      last_ = run();
    }

   private:
    size_t mask() const { return table_.size() - 1; }
    // The last of the neighbours that are looked at before the next jump.
    size_t run() {
      start_ = at_;
      return at_ + kNeighbours <= mask() ? at_ + kNeighbours : at_;
    }

    const Table& table_;
    size_t perturbed_, start_ = 0, at_, last_;
  };

  // The place of an element, or where it would be put: the last place seen whose element was removed, or a free one.
  size_t find(const T& item, int64_t hash) const {
    std::optional<size_t> removed;
    for (Search search(table_, hash);; search.next()) {
      const Place& place = table_[search.at()];
      if (search.ends()) return removed.value_or(search.at());
      if (place.removed) {
        removed = search.at();
      } else if (place.hash == hash && *place.item == item) {
        return search.at();
      }
    }
  }
  void insert(const T& item, int64_t hash) {
    Place& place = table_[find(item, hash)];
    if (place.item) return;
    ++used_;
    const bool was_free = !place.removed;
    place = {item, hash, false};
    if (was_free && ++filled_ * 5 >= mask() * 3) resize(grown());
  }
  void remove_at(Place& place) {
    place.item.reset();
    place.removed = true;
    --used_;
  }
  void resize(size_t wanted) {
    size_t size = kLeast;
    while (size <= wanted) size *= 2;
    const Table before = std::exchange(table_, Table(size));
    for (const Place& place : before) {
      if (place.item) table_[find(*place.item, place.hash)] = place;
    }
    filled_ = used_;
  }
  // The elements of one set that another one has, or has not.
  static Set kept_in(const Set& items, const Set& other, bool common) {
    Set made;
    made.is_ordered_ = items.is_ordered_;
    for (const Place& place : items.table_) {
      if (place.item && other.has(*place.item) == common) made.insert(*place.item, place.hash);
    }
    return made;
  }

  Table table_ = Table(kLeast);
  size_t filled_ = 0, used_ = 0;  // places that are or were taken, and elements
  size_t finger_ = 0;             // where pop goes on
  bool is_ordered_ = true;        // whether the order is known
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

// set(list)
template <class T>
Set<T> set_of(const std::vector<T>& items) {
  Set<T> made;
  made.update(items);
  return made;
}
// set(dict), which knows how many there will be.
template <class Key, class Value>
Set<typename detail::key<Key>::plain> set_of_keys(const torch::OrderedDict<Key, Value>& items) {
  Set<typename detail::key<Key>::plain> made;
  made.expect(items.size());
  for (const auto& item : items) made.insert(item.key());
  return made;
}

// items.keys() - other, items.keys() | other: a set of the keys, from which those of the other one are taken.
template <class Key, class Value, class T>
Set<T> keys_without(const torch::OrderedDict<Key, Value>& items, const Set<T>& other) {
  Set<T> made = set_of_keys(items);
  made -= other;
  return made;
}
template <class Key, class Value, class T>
Set<T> keys_with(const torch::OrderedDict<Key, Value>& items, const Set<T>& other) {
  Set<T> made = set_of_keys(items);
  made |= other;
  return made;
}

template <class T>
std::string str(const Set<T>& items) {
  if (items.empty()) return "set()";
  const std::string text = str(items.items());
  return "{" + text.substr(1, text.size() - 2) + "}";
}
template <class T>
std::string repr(const Set<T>& items) {
  return str(items);
}

}  // namespace py2cpp
