"""The order of evaluation: random draws, writes and autograd nodes come about in Python's order, nothing else moves."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate

PRELUDE = """import torch
import torch.nn as nn
x = torch.ones(2, requires_grad=True)
y = torch.ones(2)
i = torch.tensor([1, 2])


def f(t):
    return t * 2


"""


def body(source: str) -> list[str]:
    """The lines of `run()` behind those of the prelude, dedented."""
    made = translate(f"{PRELUDE}{source}\n", filename="program.py")
    assert made.status == "translated", made.diagnostics
    inside = made.cpp.partition("void run() {\n")[2].partition("\n}\n")[0].split("\n")
    lines = [line.removeprefix("  ").replace("[[maybe_unused]] ", "") for line in inside]
    return [
        line
        for line in lines
        if line and not line.startswith(("auto x = torch::ones", "auto y = torch::ones", "auto i ="))
    ]


RAND = "torch::rand({2})"
DRAWS: list[tuple[str, list[str]]] = [
    # Two draws: the receiver of a member call comes before its arguments, where C++ has such a call.
    ("z = torch.rand(2) - torch.rand(2)", [f"auto z = {RAND}.sub({RAND});"]),
    ("z = torch.dot(torch.rand(2), torch.rand(2))", [f"auto rand = {RAND};", f"auto z = torch::dot(rand, {RAND});"]),
    # Elements of a braced list are evaluated from left to right.
    ("z = torch.stack([torch.rand(2), torch.rand(2)])", [f"auto z = torch::stack({{{RAND}, {RAND}}});"]),
    ("z = [torch.rand(2), torch.rand(2)]", [f"std::vector<torch::Tensor> z{{{RAND}, {RAND}}};"]),
    # One draw needs no order.
    ("z = torch.rand(2) + y * 2", [f"auto z = {RAND} + y * 2;"]),
    ("z = y * 2 + torch.rand(2)", [f"auto z = y * 2 + {RAND};"]),
    # What is printed is recorded too, so that a draw happens once.
    ("print(torch.rand(2))", [f"auto rand = {RAND};", 'std::cout << rand << "\\n";']),
    (
        "print(torch.rand(2), torch.rand(2))",
        [f"auto rand = {RAND};", f"auto rand_2 = {RAND};", 'std::cout << rand << " " << rand_2 << "\\n";'],
    ),
    # Python evaluates the value of an assignment before the target.
    (
        "y[torch.rand(2).sum().item() > 2] = torch.rand(2)",
        [f"auto rand = {RAND};", f"y.index_put_({{{RAND}.sum().item<double>() > 2}}, rand);"],
    ),
    # Modules draw their weights.
    (
        "z = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))",
        [
            "py2cpp::Linear linear(torch::nn::LinearOptions(2, 3));",
            "torch::nn::Sequential z(linear, torch::nn::ReLU(), py2cpp::Linear(torch::nn::LinearOptions(3, 1)));",
        ],
    ),
]

NODES: list[tuple[str, list[str]]] = [
    # Backward sums gradients in the reverse order of the nodes' birth.
    ("z = x * 2 + x * 3", ["auto z = (x * 2).add(x * 3);"]),
    ("z = (x * 2) * (x * 3) + x.exp()", ["auto z = (x * 2).mul(x * 3).add(x.exp());"]),
    ("z = -x + x.exp()", ["auto z = (-x).add(x.exp());"]),
    ("z = x.exp() @ x.sin()", ["auto z = x.exp().matmul(x.sin());"]),
    (
        "z = torch.where(x > 0, x * 2, x * 3)",
        ["auto product = x * 2;", "auto z = torch::where(x > 0, product, x * 3);"],
    ),
    ("z = torch.cat([x * 2, x * 3])", ["auto z = torch::cat({x * 2, x * 3});"]),
    ("z = f(x) + f(y)", ["auto z = f(x).add(f(y));"]),
    ("print(x * 2, x * 3)", ["auto product = x * 2;", 'std::cout << product << " " << (x * 3) << "\\n";']),
    # One node, or none: C++ reads as Python does.
    ("z = x * 2 + y", ["auto z = x * 2 + y;"]),
    ("z = x + y * x.shape[0]", ["auto z = x + y * x.size(0);"]),
    ("z = i * 2 + i * 3", ["auto z = i * 2 + i * 3;"]),
    ("z = (x > 0) & (x < 3)", ["auto z = (x > 0) & (x < 3);"]),
    # Nothing is recorded here.
    (
        "with torch.no_grad():\n    z = x * 2 + x * 3",
        ["{", "  torch::NoGradGuard guard;", "  auto z = x * 2 + x * 3;", "}"],
    ),
    (
        "with torch.no_grad():\n    with torch.enable_grad():\n        z = x * 2 + x * 3",
        [
            "{",
            "  torch::NoGradGuard guard;",
            "  {",
            "    torch::AutoGradMode guard(true);",
            "    auto z = (x * 2).add(x * 3);",
            "  }",
            "}",
        ],
    ),
    # A hook may run where gradients are recorded, wherever it is written.
    (
        "with torch.no_grad():\n    h = x.register_hook(lambda g: g * 2 + g * 3)",
        [
            "{",
            "  torch::NoGradGuard guard;",
            "  auto h = py2cpp::register_hook(x, [&](torch::Tensor g) { return (g * 2).add(g * 3); });",
            "}",
        ],
    ),
]

WRITES: list[tuple[str, list[str]]] = [
    ("z = y.add_(1) * y", ["auto z = y.add_(1) * y;"]),
    ("z = y.sum() + y.add_(1).sum()", ["auto z = y.sum().add(y.add_(1).sum());"]),
    (
        "z = y.sum().item() + y.add_(1).sum().item()",
        ["double item = y.sum().item<double>();", "double z = item + y.add_(1).sum().item<double>();"],
    ),
    ("v = [1.0, 2.0]\nz = v.pop() - v.pop()", [
        "std::vector<double> v{1.0, 2.0};",
        "double pop = py2cpp::pop(v);",
        "double z = pop - py2cpp::pop(v);",
    ]),
]  # fmt: skip

ENCLOSED: list[tuple[str, list[str]]] = [
    # The bound of a range is evaluated once.
    (
        "n = 3\nfor k in range(n):\n    n = n + k",
        [
            "int64_t n = 3;",
            "int64_t value = n;",
            "for (int64_t k = 0; k < value; ++k) {",
            "  n = n + k;",
            "}",
        ],
    ),
    # The test of a loop is evaluated before each pass, its temporaries too.
    (
        "while torch.dot(torch.rand(2), torch.rand(2)).item() > 0.5:\n    y.add_(1)",
        [
            "while ([&]() {",
            f"  auto rand = {RAND};",
            f"  return torch::dot(rand, {RAND}).item<double>() > 0.5;",
            "}()) {",
            "  y.add_(1);",
            "}",
        ],
    ),
    # A branch of a conditional expression is evaluated only if it is chosen.
    (
        "z = y if y.shape[0] > 1 else torch.rand(2) * torch.rand(2)",
        [f"torch::Tensor z = y.size(0) > 1 ? y : {RAND}.mul({RAND});"],
    ),
    (
        "z = [torch.dot(torch.rand(2), torch.rand(2)) for k in range(2)]",
        [
            "std::vector<torch::Tensor> z = [&]() {",
            "  std::vector<torch::Tensor> items_;",
            "  for (int64_t k = 0; k < 2; ++k) {",
            "    items_.push_back([&]() {",
            f"      auto rand = {RAND};",
            f"      return torch::dot(rand, {RAND});",
            "    }());",
            "  }",
            "  return items_;",
            "}();",
        ],
    ),
]


@pytest.mark.parametrize(("source", "expected"), DRAWS + NODES + WRITES + ENCLOSED)
def test_order(source: str, expected: list[str]) -> None:
    assert body(source) == expected


def test_a_decorator_switches_the_order_of_nodes_off() -> None:
    source = "@torch.no_grad()\ndef g(t):\n    return t * 2 + t * 3\n\n\nz = g(x)\n"
    assert "return t * 2 + t * 3;" in translate(PRELUDE + source, filename="program.py").cpp
    assert "return (t * 2).add(t * 3);" in translate(PRELUDE + source.partition("\n")[2], filename="program.py").cpp


def test_temporaries_have_names_of_their_own() -> None:
    made = body("rand = torch.dot(torch.rand(2), torch.rand(2))\nrand_2 = torch.dot(torch.rand(2), torch.rand(2))")
    declared = [line.split()[1] for line in made]
    assert len(set(declared)) == 4
    assert {"rand", "rand_2"} < set(declared)
