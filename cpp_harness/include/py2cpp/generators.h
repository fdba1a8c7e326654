// Generators that wait at a `yield` for whoever asks for the next value: each runs on a stack of its own, in the thread
// of its caller, so that both see one gradient mode and one state of everything else.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "py2cpp/exceptions.h"

namespace py2cpp::detail {

class Coroutine {
 public:
  explicit Coroutine(std::function<void()> body) : body_(std::move(body)) {}
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;
  ~Coroutine() {
    if (stack_ != nullptr) munmap(stack_, size_);
  }

  bool started() const { return stack_ != nullptr; }
  bool running() const { return running_; }
  bool ended() const { return ended_; }

  // Runs the body until it waits or ends; throws what it throws.
  void resume() {
    if (!started()) start();
    running_ = true;
    swapcontext(&outside_, &inside_);
    running_ = false;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  // In the body: goes on with whoever resumed it.
  void wait() { swapcontext(&inside_, &outside_); }

 private:
  void start() {
    stack_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack_ == MAP_FAILED) {
      stack_ = nullptr;
      throw std::bad_alloc();
    }
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = size_;
    inside_.uc_link = &outside_;
    const auto address = reinterpret_cast<uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&Coroutine::enter), 2, static_cast<uint32_t>(address >> 32),
                static_cast<uint32_t>(address));
  }
  static void enter(uint32_t high, uint32_t low) {
    auto* self = reinterpret_cast<Coroutine*>((static_cast<uintptr_t>(high) << 32) | low);
    try {
      self->body_();
    } catch (...) {
      self->failure_ = std::current_exception();
    }
    self->ended_ = true;
  }

  static constexpr size_t size_ = size_t{8} << 20;
  std::function<void()> body_;
  void* stack_ = nullptr;
  bool running_ = false;
  bool ended_ = false;
  std::exception_ptr failure_;
  ucontext_t inside_{};
  ucontext_t outside_{};
};

template <class T>
class Generator {
 public:
  explicit Generator(std::function<void(const std::function<bool(T)>&)> run)
      : coroutine_([this, run = std::move(run)] {
          run([this](T value) {
            value_ = std::move(value);
            coroutine_.wait();
            return !closing_;
          });
        }) {}
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator() {
    closing_ = true;  // a body that waits is told to return
    if (coroutine_.started() && !coroutine_.ended()) coroutine_.resume();
  }

  std::optional<T> pull() {
    if (coroutine_.running()) raise<ValueError>("generator already executing");
    if (coroutine_.ended()) return std::nullopt;
    value_.reset();
    try {
      coroutine_.resume();
    } catch (const StopIteration&) {
      raise<c10::Error>("generator raised StopIteration");
    }
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::optional<T> value_;
  bool closing_ = false;
  Coroutine coroutine_;
};

}  // namespace py2cpp::detail
