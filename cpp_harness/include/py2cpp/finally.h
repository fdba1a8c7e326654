// `finally`: what runs when a block ends, however it ends.
#pragma once

#include <utility>

namespace py2cpp {

// What it raises leaves the block, as in Python. Behind another exception it ends the program: in C++ no exception takes
// the place of one that is on its way.
template <class Body>
class Finally {
 public:
  explicit Finally(Body body) : body_(std::move(body)) {}
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;
  ~Finally() noexcept(false) { body_(); }

 private:
  Body body_;
};

}  // namespace py2cpp
