// py2cpp/list.h and py2cpp/dict.h
#include "py2cpp/dict.h"
#include "py2cpp/list.h"
#include "py2cpp/sum.h"

#include <limits>

#include "expect.h"

namespace {

using List = std::vector<int64_t>;
using Dict = torch::OrderedDict<std::string, double>;

void elements() {
  List values{1, 2, 3};
  EXPECT(py2cpp::at(values, 0) == 1 && py2cpp::at(values, -1) == 3 && py2cpp::at(values, -3) == 1);
  py2cpp::at(values, -1) = 9;
  EXPECT(values == List{1, 2, 9});
  EXPECT(py2cpp::at(List{4, 5}, 1) == 5);
  EXPECT_THROWS(c10::IndexError, py2cpp::at(values, 3));
  EXPECT_THROWS(c10::IndexError, py2cpp::at(values, -4));
  std::vector<bool> flags{true, false};
  py2cpp::at(flags, 1) = true;
  EXPECT(py2cpp::at(flags, -1));
}

void slices() {
  const List values{0, 1, 2, 3, 4};
  const int64_t end = std::numeric_limits<int64_t>::max();
  EXPECT(py2cpp::slice(values, 1, 3) == List{1, 2});
  EXPECT(py2cpp::slice(values, -2, end) == List{3, 4});
  EXPECT(py2cpp::slice(values, -100, -3) == List{0, 1});
  EXPECT(py2cpp::slice(values, 3, 1).empty() && py2cpp::slice(values, 7, 9).empty());
}

void changes() {
  List values{1, 2, 3};
  EXPECT(py2cpp::pop(values) == 3 && py2cpp::pop(values, 0) == 1 && values == List{2});
  py2cpp::insert(values, -100, 0);
  py2cpp::insert(values, 100, 5);
  py2cpp::insert(values, -1, 4);
  EXPECT(values == List{0, 2, 4, 5});
  py2cpp::extend(values, values);
  EXPECT(values == List{0, 2, 4, 5, 0, 2, 4, 5});
  EXPECT_THROWS(c10::IndexError, py2cpp::pop(values, 8));
  List none;
  EXPECT_THROWS(c10::IndexError, py2cpp::pop(none));
}

void new_lists() {
  EXPECT(py2cpp::concat(List{1}, List{2, 3}) == List{1, 2, 3});
  EXPECT(py2cpp::repeat(List{1, 2}, 2) == List{1, 2, 1, 2} && py2cpp::repeat(List{1}, -1).empty());
  EXPECT(py2cpp::repeat(std::string("ab"), 3) == "ababab");
}

void searches() {
  const List values{1, 2, 1};
  EXPECT(py2cpp::contains(values, 2) && !py2cpp::contains(values, 3));
  EXPECT(py2cpp::contains(std::string("abc"), "bc") && py2cpp::contains(std::string("abc"), ""));
  EXPECT(py2cpp::index(values, 2) == 1 && py2cpp::count(values, 1) == 2);
  EXPECT_THROWS(c10::ValueError, py2cpp::index(values, 3));
}

void sums_and_ranges() {
  EXPECT(py2cpp::sum(List{1, 2, 3}, int64_t{0}) == 6);
  EXPECT_THROWS(py2cpp::Untranslatable, py2cpp::sum(List{std::numeric_limits<int64_t>::max(), 1}, int64_t{0}));
  EXPECT(py2cpp::range_length(0, 10, 3) == 4 && py2cpp::range_length(10, 0, -3) == 4);
  EXPECT(py2cpp::range_length(5, 5, 1) == 0 && py2cpp::range_length(0, 5, -1) == 0);
  EXPECT_THROWS(c10::ValueError, py2cpp::range_length(5, 0, 0));
}

void dicts() {
  Dict items{{"b", 1.0}, {"a", 2.0}};
  py2cpp::set(items, "c", 3);
  py2cpp::set(items, "b", 4.0);
  EXPECT(items.keys() == std::vector<std::string>{"b", "a", "c"});
  EXPECT(items.values() == std::vector<double>{4.0, 2.0, 3.0});
  EXPECT(py2cpp::get(items, "a", 0) == 2.0 && py2cpp::get(items, "z", 0) == 0.0);
  torch::OrderedDict<int64_t, std::string> names;
  py2cpp::set(names, 1, "one");
  EXPECT(py2cpp::get(names, 1, "") == "one" && py2cpp::get(names, 2, "none") == "none");
}

}  // namespace

int main() {
  elements();
  slices();
  changes();
  new_lists();
  searches();
  sums_and_ranges();
  dicts();
}
