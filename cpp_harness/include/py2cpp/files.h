// torch.save and torch.load: LibTorch's pickle format, of tensors, numbers, strings, and lists, tuples and dicts of these.
#pragma once

#include <ATen/core/ivalue.h>
#include <torch/ordered_dict.h>
#include <torch/serialize.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"

namespace py2cpp {

namespace detail {

template <class T>
struct Saved;  // `write` makes the form that a value has in a file, `read` the value

template <class T, bool (c10::IValue::*is)() const, T (c10::IValue::*get)() const>
struct SavedLeaf {
  static c10::IValue write(const T& value) { return value; }
  static T read(const c10::IValue& saved) {
    require<OtherError>((saved.*is)(), "the file holds a value of another type");
    return (saved.*get)();
  }
};
template <>
struct Saved<bool> : SavedLeaf<bool, &c10::IValue::isBool, &c10::IValue::toBool> {};
template <>
struct Saved<int64_t> : SavedLeaf<int64_t, &c10::IValue::isInt, &c10::IValue::toInt> {};
template <>
struct Saved<double> : SavedLeaf<double, &c10::IValue::isDouble, &c10::IValue::toDouble> {};

template <>
struct Saved<c10::IValue> {
  static c10::IValue write(const c10::IValue& value) { return value; }
  static c10::IValue read(const c10::IValue& saved) { return saved; }
};
template <>
struct Saved<at::Tensor> {
  static c10::IValue write(const at::Tensor& value) { return value.defined() ? c10::IValue(value) : c10::IValue(); }
  static at::Tensor read(const c10::IValue& saved) {
    if (saved.isNone()) return {};
    require<OtherError>(saved.isTensor(), "the file holds a value of another type");
    return saved.toTensor();
  }
};
template <>
struct Saved<std::string> {
  static c10::IValue write(const std::string& value) { return value; }
  static std::string read(const c10::IValue& saved) {
    require<OtherError>(saved.isString(), "the file holds a value of another type");
    return saved.toStringRef();
  }
};
template <class T>
struct Saved<std::optional<T>> {
  static c10::IValue write(const std::optional<T>& value) { return value ? Saved<T>::write(*value) : c10::IValue(); }
  static std::optional<T> read(const c10::IValue& saved) {
    return saved.isNone() ? std::nullopt : std::optional<T>(Saved<T>::read(saved));
  }
};
template <class T>
struct Saved<std::vector<T>> {
  static c10::IValue write(const std::vector<T>& values) {
    c10::impl::GenericList made(c10::AnyType::get());
    for (const auto& value : values) made.push_back(Saved<T>::write(value));
    return made;
  }
  static std::vector<T> read(const c10::IValue& saved) {
    require<OtherError>(saved.isList(), "the file holds a value of another type");
    std::vector<T> made;
    for (const c10::IValue& value : saved.toListRef()) made.push_back(Saved<T>::read(value));
    return made;
  }
};
template <class... T>
struct Saved<std::tuple<T...>> {
  static c10::IValue write(const std::tuple<T...>& values) {
    return std::apply([](const T&... value) { return c10::ivalue::Tuple::create(Saved<T>::write(value)...); }, values);
  }
  static std::tuple<T...> read(const c10::IValue& saved) {
    require<OtherError>(saved.isTuple() && saved.toTupleRef().size() == sizeof...(T),
                        "the file holds a value of another type");
    return read(saved.toTupleRef().elements(), std::index_sequence_for<T...>());
  }

 private:
  template <class Elements, std::size_t... i>
  static std::tuple<T...> read(const Elements& elements, std::index_sequence<i...>) {
    return {Saved<T>::read(elements[i])...};
  }
};
template <class Key, class Value>
struct Saved<torch::OrderedDict<Key, Value>> {
  static c10::IValue write(const torch::OrderedDict<Key, Value>& items) {
    const auto keys = std::is_same_v<Key, std::string> ? c10::TypePtr(c10::StringType::get()) : c10::IntType::get();
    c10::impl::GenericDict made(keys, c10::AnyType::get());
    for (const auto& item : items) made.insert(Saved<Key>::write(item.key()), Saved<Value>::write(item.value()));
    return made;
  }
  static torch::OrderedDict<Key, Value> read(const c10::IValue& saved) {
    require<OtherError>(saved.isGenericDict(), "the file holds a value of another type");
    torch::OrderedDict<Key, Value> made;
    for (const auto& item : saved.toGenericDict()) {
      made.insert(Saved<Key>::read(item.key()), Saved<Value>::read(item.value()));
    }
    return made;
  }
};

// A dict whose values have several types: an object, which says what its keys are.
template <class T>
struct Saved<std::shared_ptr<T>> {
  static c10::IValue write(const std::shared_ptr<T>& value) {
    c10::impl::GenericDict made(c10::StringType::get(), c10::AnyType::get());
    const auto write_one = [&](const auto& item) { made.insert(item.first, one(value.get()->*item.second)); };
    std::apply([&](const auto&... item) { (write_one(item), ...); }, T::saved_items());
    return made;
  }
  static std::shared_ptr<T> read(const c10::IValue& saved) {
    require<OtherError>(saved.isGenericDict(), "the file holds a value of another type");
    const auto items = saved.toGenericDict();
    const auto make = [&](const auto&... item) { return std::make_shared<T>(at(items, item.first, item.second)...); };
    return std::apply(make, T::saved_items());
  }

 private:
  template <class Value>
  static c10::IValue one(const Value& value) {
    return Saved<Value>::write(value);
  }
  template <class Value>
  static Value at(const c10::impl::GenericDict& items, const char* key, Value T::*) {
    require<KeyError>(items.contains(key), "no such key");
    return Saved<Value>::read(items.at(key));
  }
};

}  // namespace detail

// torch.save(value, path)
template <class T>
void save(const T& value, const std::string& path) {
  const std::vector<char> bytes = torch::pickle_save(detail::Saved<T>::write(value));
  std::ofstream file(path, std::ios::binary);
  TORCH_CHECK(file.is_open(), "the file cannot be written: ", path);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  TORCH_CHECK(file.good(), "the file cannot be written: ", path);
}

// torch.load(path), of what is known to be in the file.
template <class T>
T load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  require<OtherError>(file.is_open(), "No such file or directory");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return detail::Saved<T>::read(torch::pickle_load(bytes));
}

}  // namespace py2cpp
