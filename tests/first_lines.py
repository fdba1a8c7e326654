"""Mistakes in C++ whose first line is to be named: `python tests/first_lines.py` prints which lines `verify` names.

The line of the Python that a mistake is in ends with `# here`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from faults import HEAD

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs


@dataclass(frozen=True)
class Slip:
    """A program, a text of its C++, and what stands there instead."""

    source: str
    right: str
    wrong: str

    @property
    def line(self) -> int:
        """The line to be named."""
        return next(n for n, text in enumerate((HEAD + self.source).splitlines(), 1) if text.endswith("# here"))

    def program(self, name: str) -> Program:
        """The program with its wrong C++."""
        made = translate(HEAD + self.source, filename=name)
        assert made.status == "translated", made.diagnostics
        assert made.cpp.count(self.right) == 1, f"{self.right!r} is {made.cpp.count(self.right)} times in\n{made.cpp}"
        return Program(name, HEAD + self.source, made.cpp.replace(self.right, self.wrong))


X = "x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)\n"
FUNCTION = """\
def scaled(a, k):
    b = a * k
    c = torch.tanh(b)  # here
    d = c + a
    return d.sum()

""" + X + """\
first = scaled(x, 2.0)
loss = first * 2
loss.backward()
"""
NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.scale = 0.5
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        h = self.a(x)
        g = torch.relu(h)
        return self.inner(g) * self.scale

    def inner(self, h):
        for k in range(3):
            h = h * 2 + k
        return h

torch.manual_seed(0)
net = Net()
x = torch.ones(2, 3)
out = net(x)
out.sum().backward()
"""
CUBE = """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        y = x * x * x
        return y

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        slope = 3 * x * x
        return g * slope

""" + X + "z = Cube.apply(x)\nz.sum().backward()\n"
MODEL = """\
class Model(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.a = nn.Linear(size, size)

    def forward(self, x):
        h = self.a(x)
        h = torch.sigmoid(h)
        y = h - h.mean()
        return y * 2

def get_inputs():
    return [torch.rand(2, 3)]

def get_init_inputs():
    return [3]
"""


def here(source: str, text: str) -> str:
    """The source with the mark behind the one line that ends so."""
    assert source.count(f"{text}\n") == 1, text
    return source.replace(f"{text}\n", f"{text}  # here\n")


SLIPS: dict[str, Slip] = {
    "a local of a function": Slip(FUNCTION, "torch::tanh(b)", "torch::sin(b)"),
    "what a function returns": Slip(
        here(FUNCTION.replace("  # here", ""), "return d.sum()"), "return d.sum();", "return d.mean();"
    ),
    "an argument of a call": Slip(
        here(FUNCTION.replace("  # here", ""), "first = scaled(x, 2.0)"), "scaled(x, 2.0)", "scaled(x, 2.5)"
    ),
    "in place on a local": Slip(
        "def f(a):\n    b = a * 1\n    b.mul_(2)  # here\n    c = b + 1\n    return c\n" + X + "y = f(x)\n",
        "b.mul_(2)", "b.mul_(3)",
    ),
    "in place on an argument": Slip(
        "def f(a):\n    b = a + 1\n    a.mul_(2)  # here\n    return b\nx = torch.ones(2)\ny = f(x)\nz = f(y)\n",
        "a.mul_(2)", "a.mul_(3)",
    ),
    "a local of a forward": Slip(here(NET, "g = torch.relu(h)"), "torch::relu(h)", "torch::elu(h)"),
    "an attribute": Slip(here(NET, "self.scale = 0.5"), "scale = 0.5", "scale = 0.25"),
    "a counter": Slip(here(NET, "self.calls += 1"), "calls = calls + 1", "calls = calls + 2"),
    "a loop in a method": Slip(here(NET, "h = h * 2 + k"), "h * 2 + k", "h * 2 - k"),
    "the bounds of a loop in a method": Slip(here(NET, "for k in range(3):"), "k = 0; k < 3", "k = 1; k < 3"),
    "a forward's return": Slip(
        here(NET, "return self.inner(g) * self.scale"), "inner(g) * scale", "inner(g) / scale"
    ),
    "a custom forward": Slip(here(CUBE, "y = x * x * x"), "x * x * x", "x * x + x"),
    "a custom backward": Slip(here(CUBE, "slope = 3 * x * x"), "x * 3 * x", "x * 2 * x"),
    "a custom backward's return": Slip(here(CUBE, "return g * slope"), "g * slope", "g - slope"),
    "a model file": Slip(here(MODEL, "y = h - h.mean()"), "h - h.mean()", "h + h.mean()"),
    "a model file's inputs": Slip(here(MODEL, "return [torch.rand(2, 3)]"), "torch::rand({", "torch::randn({"),
    "a loop outside": Slip(
        X + "y = x * 1\nfor k in range(3):\n    y = y * k + 1  # here\nz = y.sum()\n", "y * k + 1", "y * k - 1"
    ),
    "a variable of two types": Slip(
        "for k in range(3):\n    s = [1.0 * k, 2.0]\n    s = torch.tensor(s) + k  # here\n    s = s * 2\nz = s.sum()\n",
        "torch::tensor(s) + k", "torch::tensor(s) - k",
    ),
    "what a loop runs over": Slip(
        X + "y = x * 1\nfor k in range(3):  # here\n    y = y * k + 1\nz = y.sum()\n", "k < 3; ++k", "k < 3; k += 2"
    ),
    "a comprehension": Slip(
        X + "ys = [v * 2 for v in (x, x + 1)]  # here\nt = ys[0] + ys[1]\nt.sum().backward()\n", "v * 2", "v * 3"
    ),
    "a list changed in a comprehension": Slip(
        "seen = [0]\nfirst = seen[0]\n[seen.append(v) for v in (1, 2)]  # here\nn = len(seen)\nm = seen[1] + n\n",
        "seen.push_back(v)", "seen.push_back(v + 1)",
    ),
    "a list changed by what a comprehension calls": Slip(
        "seen = [0.5]\ndef note(v):\n    seen.append(v * 2)  # here\n    return v\n"
        "ys = [note(v) for v in (1.0, 2.0)]\nn = len(seen)\nm = ys[0] + n\n",
        "seen.push_back(v * 2)", "seen.push_back(v * 3)",
    ),
    "a list changed in a comprehension of a function": Slip(
        "def f(xs):\n    seen = [0.5]\n    ys = [v * 2 for v in xs]\n    seen.append(ys[0])  # here\n"
        "    t = seen[1] + 1\n    return t\nr = f([1.0, 2.0])\nq = r + 1\n",
        "seen.push_back(ys.at(0))", "seen.push_back(ys.at(1))",
    ),
    "a local function": Slip(
        "def outer(a):\n    def inner(b):\n        c = b * 2  # here\n        return c + 1\n    r = inner(a)\n"
        "    return r * 2\n" + X + "y = outer(x)\n",
        "b * 2", "b * 4",
    ),
    "recursion": Slip(
        "def power(a, n):\n    if n == 0:\n        return torch.ones(3)\n    rest = power(a, n - 1)\n"
        "    m = rest * a  # here\n    return m\n" + X + "y = power(x, 3)\n",
        "rest * a", "rest * a * a",
    ),
    "a branch": Slip(
        "def f(a):\n    if a.sum() > 1.0:\n        b = a * 2  # here\n    else:\n        b = a * 3\n    return b\n" + X
        + "y = f(x)\n",
        "a * 2;", "a * 5;",
    ),
    "a hook": Slip(
        X + "def hook(g):\n    h = g * 2  # here\n    return h\nx.register_hook(hook)\n(x * x).sum().backward()\n",
        "g * 2", "g * 3",
    ),
    "a generator": Slip(
        "def parts(a):\n    for k in range(2):\n        b = a * k  # here\n        yield b\n" + X
        + "total = x * 0\nfor part in parts(x):\n    total = total + part\n",
        "a * k", "a - k",
    ),
    "an object's method": Slip(
        "class Meter:\n    def __init__(self):\n        self.total = 0.0\n        self.count = 0\n\n"
        "    def add(self, v):\n        self.total += v\n        self.count += 1  # here\n        return self.total\n\n"
        "meter = Meter()\na = meter.add(1.5)\nb = meter.add(2.5)\n",
        "count = count + 1", "count = count + 2",
    ),
    "an option of an optimizer": Slip(
        X + "opt = torch.optim.SGD([x], lr=0.1)  # here\n(x * x).sum().backward()\nopt.step()\ny = x * 2\n",
        "SGDOptions(0.1)", "SGDOptions(0.2)",
    ),
}  # fmt: skip


def find(names: list[str]) -> dict[str, Verdict]:
    """The verdicts on mistakes, by their names."""
    programs = [SLIPS[name].program(f"slip_{number}.py") for number, name in enumerate(names)]
    return dict(zip(names, verify_programs(programs, VerifyOptions(timeout=300)), strict=True))


def main() -> int:
    """Print the line that is named for each mistake; exit status 1 where it is another one."""
    wrong = 0
    for name, verdict in find(sys.argv[1:] or list(SLIPS)).items():
        right = verdict.status == "mismatch" and verdict.first_divergence == SLIPS[name].line
        wrong += not right
        told = "" if right else f", {verdict.status} {verdict.detail[:200]} {verdict.divergence}"
        print(f"{'ok  ' if right else 'FAIL'} {name:48} line {verdict.first_divergence} of {SLIPS[name].line}{told}")
    print(f"{len(sys.argv[1:] or SLIPS) - wrong} of {len(sys.argv[1:] or SLIPS)} first lines are named")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
