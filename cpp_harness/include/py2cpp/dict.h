// Python's dicts, in insertion order, on torch::OrderedDict.
#pragma once

#include <torch/ordered_dict.h>

#include <utility>
#include <vector>

namespace py2cpp {

// items[key] = value: keeps the place of a key that is there already.
template <class Key, class Value>
void set(torch::OrderedDict<Key, Value>& items, const Key& key, Value value) {
  if (auto* found = items.find(key)) {
    *found = std::move(value);
  } else {
    items.insert(key, std::move(value));
  }
}
template <class Value>
void set(torch::OrderedDict<std::string, Value>& items, const char* key, Value value) {
  set(items, std::string(key), std::move(value));
}

// items.get(key, otherwise)
template <class Key, class Value>
Value get(const torch::OrderedDict<Key, Value>& items, const Key& key, Value otherwise) {
  const auto* found = items.find(key);
  return found == nullptr ? std::move(otherwise) : *found;
}

}  // namespace py2cpp
