"""A verifier that cannot fail is worthless: faults planted into emitted C++, each of which must be found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs


@dataclass(frozen=True)
class Fault:
    """A program, a text of its C++, and the mistake that stands there instead."""

    source: str
    right: str
    wrong: str
    path: str  # of one of the differences that it makes

    def emitted(self, name: str) -> str:
        """The right C++."""
        made = translate(f"import torch\nimport torch.nn as nn\n{self.source}", filename=name)
        assert made.status == "translated", made.diagnostics
        return made.cpp

    def planted(self, name: str) -> str:
        """The wrong C++."""
        cpp = self.emitted(name)
        assert cpp.count(self.right) == 1, cpp
        return cpp.replace(self.right, self.wrong)


LEAVES = (
    "x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)\ny = torch.tensor([0.5, 4.0, -1.5], requires_grad=True)\n"
)
FAULTS: dict[str, Fault] = {
    "create_graph in retain_graph's place": Fault(
        LEAVES + "z = (x * x * y).sum()\ng, = torch.autograd.grad(z, x, create_graph=True)\n"
        "p = ((g * g).sum() + z)\np.backward()\n",
        "/*retain_graph=*/std::nullopt, /*create_graph=*/true",
        "/*retain_graph=*/true, /*create_graph=*/false",
        "x.grad",
    ),
    "swapped arguments": Fault(
        LEAVES + "z = torch.atan2(x, y)\nz.sum().backward()\n", "torch::atan2(x, y)", "torch::atan2(y, x)", "z"
    ),
    "swapped operands": Fault(LEAVES + "z = x / y\nz.sum().backward()\n", "x / y", "y / x", "x.grad"),
    "swapped operands of equal value": Fault(
        LEAVES + "z = (x - x.detach()) * y\nz.sum().backward()\n", "x - x.detach()", "x.detach() - x", "x.grad"
    ),
    "dropped detach": Fault(LEAVES + "z = x * x.detach()\nz.sum().backward()\n", "x * x.detach()", "x * x", "x.grad"),
    "added detach": Fault(LEAVES + "z = x * 2 + x * y\nz.sum().backward()\n", "(x * 2)", "(x.detach() * 2)", "x.grad"),
    "wrong reduction": Fault(LEAVES + "z = (x * y).mean()\nz.backward()\n", ".mean()", ".sum()", "z"),
    "wrong reduction of a loss": Fault(
        LEAVES + "z = nn.functional.mse_loss(x, y, reduction='sum')\nz.backward()\n", "torch::kSum", "torch::kMean", "z"
    ),
    "lost hook": Fault(
        LEAVES + "h = x.register_hook(lambda g: g * 10)\n(x * y).sum().backward()\n",
        "auto h = py2cpp::register_hook(x, [&](torch::Tensor g) { return g * 10; });",
        "",
        "x.grad",
    ),
    "wrong dtype": Fault(
        "x = torch.tensor([0.1, 0.7], dtype=torch.float64, requires_grad=True)\n(x * x).sum().backward()\n",
        "torch::dtype(torch::kFloat64)",
        "torch::dtype(torch::kFloat32)",
        "x.dtype",
    ),
    "slice off by one": Fault(LEAVES + "z = x[1:] * 2\nz.sum().backward()\n", "Slice(1)", "Slice(0, 2)", "x.grad"),
    "zeros in None's place": Fault(
        LEAVES + "x.grad = torch.ones(3)\nx.grad = None\nz = y.sum()\nz.backward()\n",
        "x.mutable_grad().reset();",
        "x.mutable_grad().zero_();",
        "x.grad",
    ),
    "gradients not cleared": Fault(
        LEAVES + "x.sum().backward()\nx.grad.zero_()\n(x * y).sum().backward()\n", "x.grad().zero_();", "", "x.grad"
    ),
    "twice accumulated": Fault(
        LEAVES + "z = (x * y).sum()\nz.backward(retain_graph=True)\nw = z * 2\n",
        "z.backward(/*gradient=*/{}, /*retain_graph=*/true);",
        "z.backward(/*gradient=*/{}, /*retain_graph=*/true); z.backward(/*gradient=*/{}, /*retain_graph=*/true);",
        "x.grad",
    ),
    "lost no_grad": Fault(
        LEAVES + "with torch.no_grad():\n    z = x * y\n", "torch::NoGradGuard guard;", "", "z.requires_grad"
    ),
    "lost retain_grad": Fault(
        LEAVES + "z = x * y\nz.retain_grad()\nz.sum().backward()\n", "z.retain_grad();", "", "z.grad"
    ),
    "wrong keepdim": Fault(
        LEAVES + "z = x.sum(dim=0, keepdim=True)\n", "/*keepdim=*/true", "/*keepdim=*/false", "z.shape"
    ),
    "other node": Fault(LEAVES + "z = x + x\nz.sum().backward()\n", "x + x", "x * 2", "z.grad_fn"),
    "random numbers in another order": Fault(
        "a = torch.rand(3)\nb = torch.rand(3)\n",
        "auto a = torch::rand({3});\n",
        "torch::rand({1}); auto a = torch::rand({3});\n",
        "a",
    ),
    "leaf not frozen": Fault(
        "m = nn.Linear(2, 2)\nm.weight.requires_grad = False\nm(torch.ones(1, 2)).sum().backward()\n",
        "requires_grad_(false)",
        "requires_grad_(true)",
        "m.weight.grad",
    ),
    "other value": Fault(
        LEAVES + "print(x.sum())\nprint(y.sum())\n", "{1.0, -2.0, 3.0}", "{1.0, -2.0, 4.0}", "print[0][0]"
    ),
    "lost error": Fault(
        LEAVES + "z = (x * y).sum()\nz.backward()\nprint(z)\nz.backward()\n",
        "z.backward();\n  std::cout",
        "z.backward({}, true);\n  std::cout",
        "outcome",
    ),
}


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on the right and on the wrong C++ of each fault, built in one batch."""
    programs: dict[str, Program] = {}
    for number, (key, fault) in enumerate(FAULTS.items()):
        source = f"import torch\nimport torch.nn as nn\n{fault.source}"
        for word, text in (("right", fault.emitted), ("wrong", fault.planted)):
            name = f"{word}_{number}.py"
            programs[f"{word} {key}"] = Program(name, source, text(name))
    return dict(zip(programs, verify_programs(list(programs.values()), VerifyOptions()), strict=True))


@pytest.mark.build
@pytest.mark.parametrize("name", FAULTS)
def test_the_right_text_matches(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[f"right {name}"]
    assert verdict.status == "match", f"{verdict.detail}\n{verdict.mismatches}"


@pytest.mark.build
@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[f"wrong {name}"]
    assert verdict.status == ("python_error" if FAULTS[name].path == "outcome" else "mismatch"), verdict.detail
    assert FAULTS[name].path in {mismatch.path for mismatch in verdict.mismatches}
    assert not verdict.bitwise


def test_every_fault_can_be_planted() -> None:
    assert all(fault.planted("program.py") != fault.emitted("program.py") for fault in FAULTS.values())
