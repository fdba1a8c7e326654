// tensor.numpy(): an array of the tensor's own memory, outside of the graph. Only what gives the same for a tensor and for
// an array of NumPy has a translation.
#pragma once

#include <ATen/core/Formatting.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

#include "py2cpp/exceptions.h"

namespace py2cpp {

class Array {
 public:
  Array() = default;  // a variable that gets its value later
  explicit Array(at::Tensor values) : tensor_(std::move(values)) {}

  // The numbers, as a tensor of this memory.
  const at::Tensor& tensor() const { return tensor_; }

  // array[index]: one number of an array is no view of it.
  Array item(int64_t index) const { return alone(tensor_.select(0, index)); }

  // What a loop over the array gives.
  std::vector<Array> items() const {
    std::vector<Array> items;
    for (const at::Tensor& item : tensor_.unbind(0)) items.push_back(alone(item));
    return items;
  }

  Array copy() const { return Array(tensor_.clone(at::MemoryFormat::Contiguous)); }
  Array flatten() const { return Array(copy().tensor_.flatten()); }
  Array squeeze() const { return Array(tensor_.squeeze()); }
  Array transposed() const { return Array(tensor_.numpy_T()); }

  // What is used as an index is one integer.
  int64_t index() const {
    TORCH_CHECK_TYPE(tensor_.dim() == 0 && at::isIntegralType(tensor_.scalar_type(), /*includeBool=*/false),
                     "only integer scalar arrays can be converted to a scalar index");
    return tensor_.item<int64_t>();
  }

 private:
  static Array alone(const at::Tensor& item) { return Array(item.dim() == 0 ? item.clone() : item); }

  at::Tensor tensor_;
};

// x.numpy(force=...)
inline Array array(const at::Tensor& tensor, bool force = false) {
  TORCH_CHECK(force || !tensor.requires_grad(),
              "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
  return Array(tensor.detach());
}

inline std::ostream& operator<<(std::ostream& stream, const Array& array) { return stream << array.tensor(); }

}  // namespace py2cpp
