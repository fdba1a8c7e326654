// Python's dicts, in insertion order, on torch::OrderedDict.
#pragma once

#include <c10/util/Exception.h>  // which ordered_dict.h needs, and does not include
#include <torch/ordered_dict.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/format.h"
#include "py2cpp/list.h"
#include "py2cpp/tuple_key.h"

namespace py2cpp {

namespace detail {
// A type as the dict says it, where an argument must not have a say.
template <class T>
struct said {
  using type = T;
};

// A key as the program says it.
template <class T>
const T& said_key(const T& key) {
  return key;
}
template <class... T>
const std::tuple<T...>& said_key(const TupleKey<T...>& key) {
  return key;
}

// A value that may be None: what is a handle already, of an object or a module, is null then.
template <class T>
constexpr bool is_text_or_function = std::is_same_v<T, std::string>;
template <class R, class... A>
constexpr bool is_text_or_function<std::function<R(A...)>> = true;
template <class T, class = void>
struct or_none {
  using type = std::optional<T>;
  static type none() { return std::nullopt; }
};
template <class T>
struct or_none<std::optional<T>> : or_none<T> {};
template <class T>
struct or_none<T, std::enable_if_t<std::is_constructible_v<T, std::nullptr_t> && !is_text_or_function<T>>> {
  using type = T;
  static type none() { return T(nullptr); }
};
}  // namespace detail

// items[key]
template <class Key, class Value>
Value& at(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key) {
  auto* found = items.find(key);
  if (found == nullptr) detail::raise_about<KeyError>(detail::said_key(key));
  return *found;
}
template <class Key, class Value>
const Value& at(const torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key) {
  const auto* found = items.find(key);
  if (found == nullptr) detail::raise_about<KeyError>(detail::said_key(key));
  return *found;
}

// items[key] = value: keeps the place of a key that is there already.
template <class Key, class Value>
void set(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key,
         typename detail::said<Value>::type value) {
  if (auto* found = items.find(key)) {
    *found = std::move(value);
  } else {
    items.insert(key, std::move(value));
  }
}

// items.get(key, otherwise)
template <class Key, class Value>
Value get(const torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key,
          typename detail::said<Value>::type otherwise) {
  const auto* found = items.find(key);
  return found == nullptr ? std::move(otherwise) : *found;
}

// items.get(key): None where there is no such key.
template <class Key, class Value>
typename detail::or_none<Value>::type get(const torch::OrderedDict<Key, Value>& items,
                                          const typename detail::said<Key>::type& key) {
  const auto* found = items.find(key);
  return found == nullptr ? detail::or_none<Value>::none() : *found;
}

// items.setdefault(key, value)
template <class Key, class Value>
Value& set_default(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key,
                  typename detail::said<Value>::type value) {
  if (!items.contains(key)) items.insert(key, std::move(value));
  return items[key];
}

// del items[key]
template <class Key, class Value>
void erase(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key) {
  torch::OrderedDict<Key, Value> kept;
  if (!items.contains(key)) detail::raise_about<KeyError>(detail::said_key(key));
  for (const auto& item : items) {
    if (!(item.key() == key)) kept.insert(item.key(), item.value());
  }
  items = std::move(kept);
}

// items.pop(key), items.pop(key, otherwise), also of what nothing else has
template <class Key, class Value>
Value pop(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key) {
  if (!items.contains(key)) detail::raise_about<KeyError>(detail::said_key(key));
  Value value = items[key];
  erase(items, key);
  return value;
}
template <class Key, class Value>
Value pop(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key,
          typename detail::said<Value>::type otherwise) {
  return items.contains(key) ? pop(items, key) : std::move(otherwise);
}
template <class Key, class Value, class... Otherwise>
Value pop(torch::OrderedDict<Key, Value>&& items, const typename detail::said<Key>::type& key, Otherwise... otherwise) {
  return pop(items, key, otherwise...);
}

// del items[key], of a Counter: nothing where there is no such key.
template <class Key, class Value>
void discard(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& key) {
  if (items.contains(key)) erase(items, key);
}

// items.popitem(last)
template <class Key, class Value>
std::tuple<typename detail::key<Key>::plain, Value> pop_item(torch::OrderedDict<Key, Value>& items, bool last = true) {
  require<KeyError>(!items.is_empty(), "dictionary is empty");
  const auto& item = last ? items.back() : items.front();
  std::tuple<typename detail::key<Key>::plain, Value> found(key_of(item), item.value());
  erase(items, std::get<0>(found));
  return found;
}

// items.move_to_end(key, last)
template <class Key, class Value>
void move_to_end(torch::OrderedDict<Key, Value>& items, const typename detail::said<Key>::type& moved, bool last = true) {
  const Key key = moved;
  const Value value = at(items, key);
  torch::OrderedDict<Key, Value> made;
  if (!last) made.insert(key, value);
  for (const auto& item : items) {
    if (!(item.key() == key)) made.insert(item.key(), item.value());
  }
  if (last) made.insert(key, value);
  items = std::move(made);
}

// items.update(more)
template <class Key, class Value>
void update(torch::OrderedDict<Key, Value>& items, const torch::OrderedDict<Key, Value>& more) {
  const auto given = more;
  for (const auto& item : given) set(items, item.key(), item.value());
}

// {**a, **b}, a | b
template <class Key, class Value>
torch::OrderedDict<Key, Value> merged(torch::OrderedDict<Key, Value> a, const torch::OrderedDict<Key, Value>& b) {
  update(a, b);
  return a;
}

// list(items.items())
template <class Key, class Value>
std::vector<std::tuple<typename detail::key<Key>::plain, Value>> item_list(const torch::OrderedDict<Key, Value>& items) {
  std::vector<std::tuple<typename detail::key<Key>::plain, Value>> result;
  for (const auto& item : items) result.emplace_back(key_of(item), item.value());
  return result;
}

// dict(pairs), {key: value, other: value}: a key that comes again keeps its place, and gets the later value.
template <class Key, class Value>
torch::OrderedDict<typename detail::key<Key>::held, Value> dict(const std::vector<std::tuple<Key, Value>>& pairs) {
  torch::OrderedDict<typename detail::key<Key>::held, Value> made;
  for (const auto& [key, value] : pairs) set(made, key, value);
  return made;
}

// dict.fromkeys(keys, value)
template <class Value, class Key>
torch::OrderedDict<typename detail::key<Key>::held, Value> from_keys(const std::vector<Key>& keys, const Value& value) {
  torch::OrderedDict<typename detail::key<Key>::held, Value> made;
  for (const auto& key : keys) set(made, key, value);
  return made;
}

// a == b of OrderedDicts: the order counts.
template <class Key, class Value>
bool equal_in_order(const torch::OrderedDict<Key, Value>& a, const torch::OrderedDict<Key, Value>& b) {
  const auto alike = [](const auto& one, const auto& other) {
    return one.key() == other.key() && same(one.value(), other.value());
  };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), alike);
}

// a == b: whatever the order.
template <class Key, class Value>
bool equal(const torch::OrderedDict<Key, Value>& a, const torch::OrderedDict<Key, Value>& b) {
  if (a.size() != b.size()) return false;
  for (const auto& item : a) {
    const auto* found = b.find(item.key());
    if (found == nullptr || !same(*found, item.value())) return false;
  }
  return true;
}

}  // namespace py2cpp
