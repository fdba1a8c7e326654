// Numbers that may be tensors: learning rates, and what is computed from them.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "py2cpp/files.h"

#include "py2cpp/scaled.h"

namespace py2cpp::optim {

// A number that Python computes with: a float, or a tensor of one element that rounds to its own dtype.
class Number {
 public:
  Number(double value) : value_(value) {}
  Number(at::Tensor value) : value_(std::move(value)) {}

  bool is_tensor() const { return std::holds_alternative<at::Tensor>(value_); }
  const at::Tensor& tensor() const { return std::get<at::Tensor>(value_); }
  double plain() const { return std::get<double>(value_); }
  double value() const { return scalar().toDouble(); }
  at::Scalar scalar() const { return is_tensor() ? tensor().item() : at::Scalar(plain()); }

  friend Number operator-(const Number& a) { return a.is_tensor() ? Number(a.tensor().neg()) : Number(-a.plain()); }
  friend Number operator+(const Number& a, const Number& b) {
    if (a.is_tensor()) return b.is_tensor() ? a.tensor() + b.tensor() : a.tensor() + b.plain();
    return b.is_tensor() ? Number(b.tensor() + a.plain()) : Number(a.plain() + b.plain());
  }
  friend Number operator-(const Number& a, const Number& b) {
    if (a.is_tensor()) return b.is_tensor() ? a.tensor() - b.tensor() : a.tensor() - b.plain();
    return b.is_tensor() ? Number(at::rsub(b.tensor(), a.plain())) : Number(a.plain() - b.plain());
  }
  friend Number operator*(const Number& a, const Number& b) {
    if (a.is_tensor()) return b.is_tensor() ? a.tensor() * b.tensor() : a.tensor() * b.plain();
    return b.is_tensor() ? Number(b.tensor() * a.plain()) : Number(a.plain() * b.plain());
  }
  // A float divided by a tensor is Python's reciprocal and product.
  friend Number operator/(const Number& a, const Number& b) {
    if (a.is_tensor()) return b.is_tensor() ? a.tensor() / b.tensor() : a.tensor() / b.plain();
    if (b.is_tensor()) return b.tensor().reciprocal() * a.plain();
    TORCH_CHECK(b.plain() != 0, "ZeroDivisionError: float division by zero");
    return a.plain() / b.plain();
  }
  friend bool operator<(const Number& a, const Number& b) {
    if (a.is_tensor()) return (b.is_tensor() ? a.tensor().lt(b.tensor()) : a.tensor().lt(b.plain())).item<bool>();
    return b.is_tensor() ? b.tensor().gt(a.plain()).item<bool>() : a.plain() < b.plain();
  }
  friend bool operator<=(const Number& a, const Number& b) {
    if (a.is_tensor()) return (b.is_tensor() ? a.tensor().le(b.tensor()) : a.tensor().le(b.plain())).item<bool>();
    return b.is_tensor() ? b.tensor().ge(a.plain()).item<bool>() : a.plain() <= b.plain();
  }
  friend bool operator>(const Number& a, const Number& b) { return b < a; }
  friend bool operator>=(const Number& a, const Number& b) { return b <= a; }

 private:
  std::variant<double, at::Tensor> value_;
};

// Python's min and max, which keep the first of equals.
inline Number least(const Number& a, const Number& b) { return b < a ? b : a; }
inline Number largest(const Number& a, const Number& b) { return b > a ? b : a; }
inline Number absolute(const Number& a) { return a.is_tensor() ? Number(a.tensor().abs()) : Number(std::abs(a.plain())); }

inline Number power(const Number& a, double exponent) {
  return a.is_tensor() ? Number(a.tensor().pow(exponent)) : Number(std::pow(a.plain(), exponent));
}

// Operations of a tensor with a number.
inline at::Tensor times(const at::Tensor& a, const Number& b) {
  return b.is_tensor() ? a.mul(b.tensor()) : a.mul(b.plain());
}
inline void multiply(at::Tensor a, const Number& b) { b.is_tensor() ? a.mul_(b.tensor()) : scale_(a, b.plain()); }
inline void divide(at::Tensor a, const Number& b) { b.is_tensor() ? a.div_(b.tensor()) : a.div_(b.plain()); }
inline void increase(at::Tensor a, const Number& b) { b.is_tensor() ? a.add_(b.tensor()) : a.add_(b.plain()); }
inline void fill(at::Tensor a, const Number& b) { b.is_tensor() ? a.fill_(b.tensor()) : a.fill_(b.plain()); }

// A number whose tensor nobody else has, and one whose tensor has no dimensions.
inline Number copied(const Number& a) { return a.is_tensor() ? Number(a.tensor().clone()) : a; }
inline Number squeezed(const Number& a) {
  return a.is_tensor() && a.tensor().dim() > 0 ? Number(a.tensor().squeeze()) : a;
}

}  // namespace py2cpp::optim

namespace py2cpp::detail {

template <>
struct Saved<optim::Number> {
  static c10::IValue write(const optim::Number& value) {
    return value.is_tensor() ? Saved<at::Tensor>::write(value.tensor()) : Saved<double>::write(value.plain());
  }
  static optim::Number read(const c10::IValue& saved) {
    if (saved.isTensor()) return Saved<at::Tensor>::read(saved);
    return Saved<double>::read(saved);
  }
};

}  // namespace py2cpp::detail
