// Python's heapq and bisect: lists in the very order that Python leaves them in.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "py2cpp/order.h"

namespace py2cpp {

namespace detail {
// The item at `place` moves up, past its parents that are greater.
template <class T>
void sift_down(std::vector<T>& heap, size_t start, size_t place) {
  T item = heap[place];
  while (place > start) {
    const size_t parent = (place - 1) / 2;
    if (!(item < heap[parent])) break;
    heap[place] = heap[parent];
    place = parent;
  }
  heap[place] = std::move(item);
}
// The item at `place` moves down to a leaf, and up again: as heapq does it.
template <class T>
void sift_up(std::vector<T>& heap, size_t place) {
  const size_t start = place, end = heap.size();
  T item = heap[place];
  for (size_t child = 2 * place + 1; child < end; child = 2 * place + 1) {
    if (child + 1 < end && !(heap[child] < heap[child + 1])) ++child;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = std::move(item);
  sift_down(heap, start, place);
}
}  // namespace detail

// heapq.heappush(heap, item)
template <class T>
void heap_push(std::vector<T>& heap, typename std::vector<T>::value_type item) {
  detail::check_ordered<T>(item);
  heap.push_back(std::move(item));
  detail::sift_down(heap, 0, heap.size() - 1);
}

// heapq.heappop(heap)
template <class T>
T heap_pop(std::vector<T>& heap) {
  expect<c10::IndexError>(!heap.empty(), "index out of range");
  T last = std::move(heap.back());
  heap.pop_back();
  if (heap.empty()) return last;
  std::swap(last, heap[0]);
  detail::sift_up(heap, 0);
  return last;
}
template <class T>
T heap_pop(std::vector<T>&& heap) {
  return heap_pop(heap);
}

// heapq.heapify(heap)
template <class T>
void heapify(std::vector<T>& heap) {
  for (const T& item : heap) detail::check_ordered<T>(item);
  for (size_t i = heap.size() / 2; i-- > 0;) detail::sift_up(heap, i);
}

// heapq.nlargest(n, items), heapq.nsmallest(n, items)
template <class T>
std::vector<T> largest(int64_t n, const std::vector<T>& items) {
  auto all = sorted(items, true);
  all.resize(std::min(all.size(), static_cast<size_t>(std::max(n, int64_t{0}))));
  return all;
}
template <class T>
std::vector<T> smallest(int64_t n, const std::vector<T>& items) {
  auto all = sorted(items);
  all.resize(std::min(all.size(), static_cast<size_t>(std::max(n, int64_t{0}))));
  return all;
}

// bisect.bisect_left(items, item), bisect.bisect_right(items, item)
template <class T>
int64_t bisect_left(const std::vector<T>& items, const typename std::vector<T>::value_type& item) {
  detail::check_ordered<T>(item);
  return std::lower_bound(items.begin(), items.end(), item) - items.begin();
}
template <class T>
int64_t bisect_right(const std::vector<T>& items, const typename std::vector<T>::value_type& item) {
  detail::check_ordered<T>(item);
  return std::upper_bound(items.begin(), items.end(), item) - items.begin();
}

// bisect.insort(items, item)
template <class T>
void insort(std::vector<T>& items, typename std::vector<T>::value_type item) {
  const auto place = items.begin() + bisect_right(items, item);
  items.insert(place, std::move(item));
}

}  // namespace py2cpp
