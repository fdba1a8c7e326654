// py2cpp/grad.h, py2cpp/hooks.h and py2cpp/autograd.h
#include "py2cpp/autograd.h"
#include "py2cpp/grad.h"
#include "py2cpp/hooks.h"

#include <ATen/ATen.h>

#include "expect.h"

namespace {

at::Tensor leaf() { return at::ones({2}).requires_grad_(true); }

double item(const at::Tensor& tensor, int64_t i) { return tensor[i].item<double>(); }

void gradients_are_checked() {
  const auto x = leaf();
  const auto gradient = at::full({2}, 3.0);
  py2cpp::set_grad(x, gradient);
  EXPECT(x.grad().is_same(gradient));
  EXPECT_THROWS(c10::Error, py2cpp::set_grad(x, at::ones({3})));
  EXPECT_THROWS(c10::Error, py2cpp::set_grad(x, at::ones({2}, at::kDouble)));
  EXPECT_THROWS(c10::Error, py2cpp::set_grad(x, x));
  EXPECT(x.grad().is_same(gradient));
  py2cpp::set_grad(x, at::Tensor());
  EXPECT(!x.grad().defined());
}

void hooks_change_gradients_until_removed() {
  const auto x = leaf();
  int calls = 0;
  auto scaling = py2cpp::register_hook(x, [](at::Tensor gradient) { return gradient * 2; });
  auto counting = py2cpp::register_hook(x, [&](at::Tensor) { ++calls; });
  x.sum().backward();
  EXPECT(item(x.grad(), 0) == 2.0 && calls == 1);
  scaling.remove();
  scaling.remove();
  x.sum().backward();
  EXPECT(item(x.grad(), 0) == 3.0 && calls == 2);
  counting.remove();
  x.sum().backward();
  EXPECT(item(x.grad(), 0) == 4.0 && calls == 2);
  py2cpp::HookHandle().remove();
}

struct Split : torch::autograd::Function<Split> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext*, const at::Tensor& x) {
    return {x * 2, x * 3};
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0] * 2 + gradients[1] * 3};
  }
};

void several_results_make_a_tuple() {
  const auto x = leaf();
  const auto [twice, thrice] = py2cpp::to_tuple<2>(Split::apply(x));
  (twice.sum() + thrice.sum()).backward();
  EXPECT(item(twice, 1) == 2.0 && item(thrice, 1) == 3.0 && item(x.grad(), 1) == 5.0);
}

}  // namespace

int main() {
  gradients_are_checked();
  hooks_change_gradients_until_removed();
  several_results_make_a_tuple();
}
