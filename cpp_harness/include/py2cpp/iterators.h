// Iterators that a program keeps: each gives its values once, when it is asked for them. Copies are one iterator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"
#include "py2cpp/generators.h"

namespace py2cpp {

template <class T>
class Iterator {
 public:
  // Gives the next value, or nothing at the end.
  using Pull = std::function<std::optional<T>()>;

  Iterator() = default;
  explicit Iterator(Pull pull) : pull_(std::make_shared<Pull>(std::move(pull))) {}

  std::optional<T> pull() const { return (*pull_)(); }

  // What a range-based for needs: it asks for a value before each pass.
  struct End {};
  class Cursor {
   public:
    explicit Cursor(const Iterator& source) : source_(source), value_(source_.pull()) {}
    bool operator!=(const End&) const { return value_.has_value(); }
    T operator*() { return *std::move(value_); }
    void operator++() { value_ = source_.pull(); }

   private:
    Iterator source_;
    std::optional<T> value_;
  };
  Cursor begin() const { return Cursor(*this); }
  End end() const { return {}; }

 private:
  std::shared_ptr<Pull> pull_;
};

// iter(values)
template <class T>
Iterator<T> iterate(std::vector<T> values) {
  return Iterator<T>([values = std::move(values), next = size_t{0}]() mutable -> std::optional<T> {
    if (next >= values.size()) return std::nullopt;
    return values[next++];
  });
}

// iter(modules): those of an nn.ModuleList
template <class T>
class ModuleList;
template <class T>
Iterator<T> iterate(const ModuleList<T>& modules) {
  return iterate(std::vector<T>(modules.begin(), modules.end()));
}

// iter(range(start, stop, step))
inline Iterator<int64_t> iterate(int64_t start, int64_t stop, int64_t step) {
  return Iterator<int64_t>([=, next = start]() mutable -> std::optional<int64_t> {
    if (step > 0 ? next >= stop : next <= stop) return std::nullopt;
    return std::exchange(next, next + step);
  });
}

// next(iterator), next(iterator, standby), next(iterator, None)
template <class T>
T next(const Iterator<T>& iterator) {
  auto value = iterator.pull();
  if (!value) raise<StopIteration>("");
  return *std::move(value);
}
template <class T, class U>
T next(const Iterator<T>& iterator, const U& standby) {
  auto value = iterator.pull();
  return value ? *std::move(value) : T(standby);
}
template <class T>
std::optional<T> next_or_none(const Iterator<T>& iterator) {
  return iterator.pull();
}
// In a generator, where the end of another iterator is an error.
template <class T>
T next_inside(const Iterator<T>& iterator) {
  auto value = iterator.pull();
  if (!value) raise<c10::Error>("generator raised StopIteration");
  return *std::move(value);
}

// enumerate(items, start)
template <class T>
Iterator<std::tuple<int64_t, T>> enumerate(Iterator<T> items, int64_t start = 0) {
  return Iterator<std::tuple<int64_t, T>>([=]() mutable -> std::optional<std::tuple<int64_t, T>> {
    auto item = items.pull();
    if (!item) return std::nullopt;
    return std::make_tuple(start++, *std::move(item));
  });
}

// zip(items...): the first that ends ends it; those before it have given one value more.
template <class... T>
Iterator<std::tuple<T...>> zip(Iterator<T>... items) {
  return Iterator<std::tuple<T...>>([sources = std::make_tuple(items...)]() -> std::optional<std::tuple<T...>> {
    std::tuple<std::optional<T>...> found;
    const bool all = std::apply(
        [&](auto&... value) {
          return std::apply([&](const auto&... source) { return (... && (value = source.pull()).has_value()); }, sources);
        },
        found);
    if (!all) return std::nullopt;
    return std::apply([](auto&... value) { return std::tuple<T...>(*std::move(value)...); }, found);
  });
}

// map(function, items)
template <class F, class T>
auto map(F function, Iterator<T> items) {
  using R = std::decay_t<std::invoke_result_t<F, T>>;
  return Iterator<R>([=]() -> std::optional<R> {
    auto item = items.pull();
    if (!item) return std::nullopt;
    return function(*std::move(item));
  });
}

// filter(function, items)
template <class F, class T>
Iterator<T> filter(F function, Iterator<T> items) {
  return Iterator<T>([=]() -> std::optional<T> {
    while (auto item = items.pull()) {
      if (function(*item)) return item;
    }
    return std::nullopt;
  });
}

// itertools.cycle(items): what it gave it gives again.
template <class T>
Iterator<T> cycle(Iterator<T> items) {
  return Iterator<T>([=, saved = std::vector<T>(), next = size_t{0}, ended = false]() mutable -> std::optional<T> {
    if (!ended) {
      if (auto item = items.pull()) {
        saved.push_back(*item);
        return item;
      }
      ended = true;
    }
    if (saved.empty()) return std::nullopt;
    if (next == saved.size()) next = 0;
    return saved[next++];
  });
}

// itertools.islice(items, start, stop, step)
template <class T>
Iterator<T> islice(Iterator<T> items, int64_t start, std::optional<int64_t> stop, int64_t step = 1) {
  if (start < 0 || (stop && *stop < 0)) {
    raise<ValueError>("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
  }
  if (step < 1) raise<ValueError>("Step for islice() must be a positive integer or None.");
  return Iterator<T>([=, next = start, seen = int64_t{0}]() mutable -> std::optional<T> {
    if (stop && next >= *stop) {  // it takes what lies before its end, and gives up then
      for (; seen < *stop; ++seen) {
        if (!items.pull()) break;
      }
      seen = *stop;
      return std::nullopt;
    }
    std::optional<T> item;
    for (; seen <= next; ++seen) {  // what lies before the next one is passed over
      item = items.pull();
      if (!item) {
        stop = 0;
        seen = next = 0;
        return std::nullopt;
      }
    }
    next += step;
    return item;
  });
}
template <class T>
Iterator<T> islice(Iterator<T> items, std::optional<int64_t> stop) {
  return islice(std::move(items), 0, stop);
}

// A generator whose iterator is kept: `run` gives the generator its arguments, and the function that takes its values.
template <class T, class Run, class... Taken>
Iterator<T> generate(Run run, Taken... taken) {
  const auto state = std::make_shared<detail::Generator<T>>(
      [run, given = std::make_tuple(std::move(taken)...)](const std::function<bool(T)>& yield) mutable {
        std::apply([&](auto&... value) { run(value..., yield); }, given);
      });
  return Iterator<T>([state] { return state->pull(); });
}

}  // namespace py2cpp
