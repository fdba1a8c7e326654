"""C++ by hand that defines functions, modules and custom Functions of a program, and nothing that runs."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, verify_programs
from py2cpp_autograd.verify.definitions import defined_names, only_defines, why_not, with_definitions

SOURCE = """\
import torch
import torch.nn as nn

def scale(x, k: float = 2.0):
    return (x * k).tanh()

class Net(nn.Module):
    def __init__(self, n: int):
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return torch.relu(self.fc(x))

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * 3 * x * x

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
net = Net(3)
loss = (scale(net(x), 3.0) + Cube.apply(x)).sum()
loss.backward()
"""
FUNCTION = """\
#include <torch/torch.h>
// int main() is elsewhere
at::Tensor scale(const at::Tensor& x, double k) {
  return torch::tanh(x * k);
}
"""
MODULE = """\
#include <torch/torch.h>
namespace mine {
class Net : public torch::nn::Module {
 public:
  explicit Net(int64_t n) : fc(register_module("fc", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(const torch::Tensor& x) { return torch::relu(fc->forward(x)); }

 private:
  torch::nn::Linear fc;
};
}  // namespace mine
"""
CUSTOM = """\
#include <torch/torch.h>
using namespace torch::autograd;
class Cube : public Function<Cube> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor x) {
    ctx->save_for_backward({x});
    return x.pow(3);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    auto x = ctx->get_saved_variables()[0];
    return {grads[0] * 3 * x * x};
  }
};
"""
RIGHT = {"scale": FUNCTION, "Net": MODULE, "Cube": CUSTOM}
#: Mistakes in each, and the path that each makes different.
WRONG = {
    "scale": (FUNCTION.replace("x * k", "x.detach() * k"), "net.fc.weight.grad"),
    "Net": (MODULE.replace("torch::relu(", "torch::gelu("), "loss"),
    "Cube": (CUSTOM.replace("* 3 * x * x", "* 3 * x"), "x.grad"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_names(name: str) -> None:
    assert only_defines(RIGHT[name])
    assert defined_names(SOURCE, RIGHT[name]) == [name]


def test_what_runs_is_no_definition() -> None:
    assert not only_defines(translate(SOURCE, filename="program.py").cpp)
    assert not only_defines("int main() {}")
    assert defined_names(SOURCE, "void other() { scale(x); }  // at::Tensor scale(at::Tensor x) {}") == []


@pytest.mark.parametrize("name", RIGHT)
def test_the_definition_stands_once(name: str) -> None:
    text = with_definitions(SOURCE, translate(SOURCE, filename="program.py").cpp, RIGHT[name])
    others = {"scale": "torch::Tensor scale(torch::Tensor x", "Net": "struct NetImpl", "Cube": "struct Cube"}
    assert [other in text for other in others.values()] == [other != name for other in others]
    assert text.count("namespace by_hand {") == 1 and "void run() {" in text


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    texts = {f"right {name}": text for name, text in RIGHT.items()}
    texts |= {f"wrong {name}": text for name, (text, _) in WRONG.items()}
    programs = [Program(f"defined_{number}.py", SOURCE, text) for number, text in enumerate(texts.values())]
    return dict(zip(texts, verify_programs(programs), strict=True))


@pytest.mark.build
@pytest.mark.parametrize("name", RIGHT)
def test_definitions_are_verified(name: str, verdicts: dict[str, Verdict]) -> None:
    right, wrong = verdicts[f"right {name}"], verdicts[f"wrong {name}"]
    assert (right.status, right.bitwise) == ("match", True), right
    assert wrong.status == "mismatch", wrong
    assert WRONG[name][1] in {mismatch.path for mismatch in wrong.mismatches}


OTHER_FORMS = (
    "auto scale(at::Tensor x, double k) -> at::Tensor { return x; }",
    "const auto scale = [](const at::Tensor& x, double k) { return x; };",
    "static inline const auto scale = [](const at::Tensor& x, double k) -> at::Tensor { return x; };",
    "template <class T>\nT scale(const T& x, double k) noexcept {\n  return x;\n}",
    "namespace a { namespace b::c {\nat::Tensor\nscale(at::Tensor x, double k)\n{ return x; } } }",
)


@pytest.mark.parametrize("text", OTHER_FORMS)
def test_functions_are_found_in_all_forms(text: str) -> None:
    assert defined_names(SOURCE, text) == ["scale"]
    assert why_not(SOURCE, text) == ""


UNCLEAR = (
    "at::Tensor scale(at::Tensor x, double k);",
    "std::function<at::Tensor(at::Tensor, double)> scale = twice;",
    "namespace mine {\nat::Tensor scale(at::Tensor x, double k) try { return x; } catch (...) { throw; }\n}",
)


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_not_understood_is_not_left_to_the_translation(text: str) -> None:
    cube = "struct Cube {\n  at::Tensor scale;\n};\n"
    assert "`scale` is in the C++" in why_not(SOURCE, cube + text)


def test_names_inside_of_functions_are_no_definitions() -> None:
    function = "at::Tensor scale(at::Tensor x, double k) {\n  auto Net = x;\n  return Net * k;\n}\n"
    assert why_not(SOURCE, function + "at::Tensor other() { return mine::Cube(); }") == ""
    assert "none of `scale`, `Net`, `Cube`" in why_not(SOURCE, "at::Tensor other() { return scale(); }")
