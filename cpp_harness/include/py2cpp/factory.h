// Modules whose parameters are of another dtype than the default one.
#pragma once

#include <torch/torch.h>

#include <utility>

namespace py2cpp {

// The default dtype, until the end of the scope.
class DefaultDtype {
 public:
  explicit DefaultDtype(caffe2::TypeMeta dtype) : before_(at::get_default_dtype()) { at::set_default_dtype(dtype); }
  ~DefaultDtype() { at::set_default_dtype(before_); }
  DefaultDtype(const DefaultDtype&) = delete;
  DefaultDtype& operator=(const DefaultDtype&) = delete;

 private:
  caffe2::TypeMeta before_;
};

// A module whose parameters are drawn in the dtype of `options`, as Python does: not drawn in another and converted.
template <class M, class... Arguments>
M made(const at::TensorOptions& options, Arguments&&... arguments) {
  TORCH_CHECK(options.device().is_cpu(), "parameters are drawn on the CPU; move the module with .to(device)");
  const DefaultDtype scope(options.dtype());
  return M(std::forward<Arguments>(arguments)...);
}

}  // namespace py2cpp
