// Python's dicts, in insertion order, on torch::OrderedDict.
#pragma once

#include <c10/util/Exception.h>  // which ordered_dict.h needs, and does not include
#include <torch/ordered_dict.h>

#include <utility>

namespace py2cpp {

namespace detail {
// A type as the dict says it, where an argument must not have a say.
template <class T>
struct said {
  using type = T;
};
}  // namespace detail

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

}  // namespace py2cpp
