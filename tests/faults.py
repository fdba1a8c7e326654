"""Faults to plant into emitted C++: a kind, a program, a text of its C++, and the mistake that stands there instead.

`python tests/faults.py` plants all of them and prints the table of what `verify` found.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from hidden_faults import HIDDEN

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


@dataclass(frozen=True)
class Fault:
    """A program, a text of its C++, the mistake that stands there instead, and a path that it makes different."""

    kind: str
    source: str
    right: str
    wrong: str
    path: str = ""

    def emitted(self, name: str) -> str:
        """The right C++."""
        made = translate(HEAD + self.source, filename=name)
        assert made.status == "translated", made.diagnostics
        return made.cpp

    def planted(self, name: str) -> str:
        """The wrong C++."""
        cpp = self.emitted(name)
        assert cpp.count(self.right) == 1, f"{self.right!r} is {cpp.count(self.right)} times in\n{cpp}"
        return cpp.replace(self.right, self.wrong)


XY = "x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)\ny = torch.tensor([0.5, 4.0, -1.5], requires_grad=True)\n"
SQUARE = "torch.manual_seed(1)\nw = torch.rand(3, 3, requires_grad=True)\nv = torch.rand(3, 3)\n"
PENALTY = XY + """\
z = (x * x * y).sum()
g, = torch.autograd.grad(z, x, create_graph=True)
p = (g * g).sum() + z
p.backward()
"""
TRAINING = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.bn = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        h = self.bn(self.a(x))
        return self.drop(torch.tanh(h))

torch.manual_seed(3)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
x = torch.rand(4, 3)
for step in range(3):
    opt.zero_grad()
    loss = F.mse_loss(net(x), torch.ones(4, 3))
    loss.backward()
    opt.step()
net.eval()
out = net(x)
"""
CUSTOM = """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * x * x + y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * 3 * x * x, g

x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
y = torch.tensor([0.5, 4.0, -1.5], requires_grad=True)
z = Cube.apply(x, y)
(z * z).sum().backward()
"""
HOOKS = XY + """\
count = torch.zeros(1)

def twice(g):
    count.add_(1.0)
    return g * 2

h = x.register_hook(twice)
(x * y).sum().backward()
h.remove()
(x * y).sum().backward()
"""
INPLACE = XY + """\
a = torch.zeros(4)
b = a.view(2, 2)
b[0, 1] = 5.0
c = a.clone()
a.add_(1.0)
t = x * 2
t.mul_(y)
t.sum().backward()
"""

FAULTS: dict[str, Fault] = {
    "create_graph in retain_graph's place": Fault(
        "keyword in another's place", PENALTY,
        "/*retain_graph=*/std::nullopt, /*create_graph=*/true", "/*retain_graph=*/true, /*create_graph=*/false",
        "x.grad",
    ),
    "create_graph by position": Fault(
        "keyword in another's place", PENALTY,
        "/*retain_graph=*/std::nullopt, /*create_graph=*/true", "true", "x.grad",
    ),
    "swapped arguments": Fault(
        "argument order", XY + "z = torch.atan2(x, y)\nz.sum().backward()\n",
        "torch::atan2(x, y)", "torch::atan2(y, x)", "z",
    ),
    "swapped terms": Fault(
        "argument order", XY + "z = torch.addcmul(x, y, y)\nz.sum().backward()\n", "(x, y, y)", "(y, x, y)", "z",
    ),
    "bounds of clamp swapped": Fault(
        "argument order", XY + "z = x.clamp(-1.0, 1.5)\nz.sum().backward()\n", "/*min=*/-1.0, 1.5", "1.5, -1.0", "z",
    ),
    "dimensions of transpose": Fault(
        "wrong dimension", "x = torch.rand(2, 3, 3)\nz = x.transpose(0, 2)\n",
        "transpose(0, 2)", "transpose(0, 1)", "z.shape",
    ),
    "swapped operands": Fault("operands", XY + "z = x / y\nz.sum().backward()\n", "x / y", "y / x", "x.grad"),
    "swapped operands of equal value": Fault(
        "operands", XY + "z = (x - x.detach()) * y\nz.sum().backward()\n", "x - x.detach()", "x.detach() - x", "x.grad",
    ),
    "matrices swapped": Fault("operands", SQUARE + "z = w @ v\n", "w.matmul(v)", "v.matmul(w)", "z"),
    "dropped detach": Fault(
        "dropped detach", XY + "z = x * x.detach()\nz.sum().backward()\n", "x * x.detach()", "x * x", "x.grad",
    ),
    "dropped detach of a target": Fault(
        "dropped detach", XY + "z = F.mse_loss(x, (x * y).detach())\nz.backward()\n", ".detach()", "", "y.grad",
    ),
    "added detach": Fault(
        "added detach", XY + "z = x * 2 + x * y\nz.sum().backward()\n", "(x * 2)", "(x.detach() * 2)", "x.grad",
    ),
    "detach of a value nobody differentiates": Fault(
        "added detach", XY + "z = x * 2\n", "x * 2", "(x * 2).detach()", "z.requires_grad",
    ),
    "wrong reduction": Fault(
        "wrong reduction", XY + "z = (x * y).mean()\nz.backward()\n", ".mean()", ".sum()", "z",
    ),
    "wrong reduction of a loss": Fault(
        "wrong reduction", XY + "z = F.mse_loss(x, y, reduction='sum')\nz.backward()\n", "torch::kSum", "torch::kMean",
        "z",
    ),
    "biased variance": Fault(
        "wrong reduction", XY + "z = x.var()\nz.backward()\n", "/*unbiased=*/true", "/*unbiased=*/false", "z",
    ),
    "wrong dim of softmax": Fault(
        "wrong dimension", SQUARE + "z = torch.softmax(w, dim=1)\n", "(w, 1)", "(w, 0)", "z",
    ),
    "wrong dim of sum": Fault("wrong dimension", SQUARE + "z = w.sum(dim=1)\n", "{1}", "{0}", "z"),
    "wrong keepdim": Fault(
        "keepdim", XY + "z = x.sum(dim=0, keepdim=True)\n", "/*keepdim=*/true", "/*keepdim=*/false", "z.shape",
    ),
    "wrong eps": Fault(
        "eps", SQUARE + "z = F.layer_norm(w, [3], eps=1e-3)\n", "0.001", "1e-5", "z",
    ),
    "eps of batch normalization": Fault(
        "eps", TRAINING, "BatchNorm1dOptions(3)", "BatchNorm1dOptions(3).eps(1e-6)", "out",
    ),
    "transposed square matrix": Fault("transposed", SQUARE + "z = w @ v.t()\n", "v.t()", "v", "z"),
    "transposed gradient": Fault(
        "transposed", SQUARE + "z = (w.t() * v).sum()\nz.backward()\n", "w.t() * v",
        "(w.t().detach() + w - w.detach()) * v", "w.grad",
    ),
    "lost hook": Fault(
        "hook", XY + "h = x.register_hook(lambda g: g * 10)\n(x * y).sum().backward()\n",
        "auto h = py2cpp::register_hook(x, [&](torch::Tensor g) { return g * 10; });", "", "x.grad",
    ),
    "hook that returns nothing": Fault(
        "hook", XY + "h = x.register_hook(lambda g: g * 10)\n(x * y).sum().backward()\n",
        "return g * 10;", "(void)(g * 10); return torch::Tensor();", "x.grad",
    ),
    "hook on the other tensor": Fault("hook", HOOKS, "register_hook(x", "register_hook(y", "x.grad"),
    "handle not removed": Fault("hook handle", HOOKS, "h.remove();", "", "x.grad"),
    "handle removed too early": Fault(
        "hook handle", HOOKS,
        "h.remove();\n  (x * y).sum().backward();", "(x * y).sum().backward();\n  h.remove();", "count",
    ),
    "hook called twice": Fault(
        "hook", HOOKS, "h.remove();", "count.add_(1.0); h.remove();", "count",
    ),
    "lost no_grad": Fault(
        "dropped no_grad", XY + "with torch.no_grad():\n    z = x * y\n", "torch::NoGradGuard guard;", "",
        "z.requires_grad",
    ),
    "no_grad over too much": Fault(
        "dropped no_grad", XY + "with torch.no_grad():\n    z = x * y\nv = x * 2\n",
        "auto v = ", "torch::NoGradGuard outer; auto v = ", "v.requires_grad",
    ),
    "lost retain_grad": Fault(
        "dropped retain", XY + "z = x * y\nz.retain_grad()\nz.sum().backward()\n", "z.retain_grad();", "", "z.grad",
    ),
    "lost retain_graph": Fault(
        "dropped retain", XY + "z = (x * y).sum()\nz.backward(retain_graph=True)\nz.backward()\n",
        "/*retain_graph=*/true", "/*retain_graph=*/false",
    ),
    "lost error": Fault(
        "added retain", XY + "z = (x * y).sum()\nz.backward()\nprint(z)\nz.backward()\n",
        "py2cpp::backward(z);\n  std::cout", "py2cpp::backward(z, {}, true);\n  std::cout", "outcome",
    ),
    "gradients not cleared": Fault(
        "dropped zero_grad", XY + "x.sum().backward()\nx.grad.zero_()\n(x * y).sum().backward()\n",
        "x.grad().zero_();", "", "x.grad",
    ),
    "optimizer's gradients not cleared": Fault("dropped zero_grad", TRAINING, "opt.zero_grad();", "", "out"),
    "gradients set to zero, not to None": Fault(
        "zero instead of None", TRAINING.replace("net.eval()", "opt.zero_grad()\nnet.eval()"),
        "opt.zero_grad();\n  net->eval", "opt.zero_grad(false);\n  net->eval",
    ),
    "zeros in None's place": Fault(
        "zero instead of None", XY + "x.grad = torch.ones(3)\nx.grad = None\nz = y.sum()\nz.backward()\n",
        "x.mutable_grad().reset();", "x.mutable_grad().zero_();", "x.grad",
    ),
    "twice accumulated": Fault(
        "accumulation", XY + "z = (x * y).sum()\nz.backward(retain_graph=True)\nw = z * 2\n",
        "z.backward(/*gradient=*/{}, /*retain_graph=*/true);",
        "z.backward(/*gradient=*/{}, /*retain_graph=*/true); z.backward(/*gradient=*/{}, /*retain_graph=*/true);",
        "x.grad",
    ),
    "overwritten, not accumulated": Fault(
        "accumulation", XY + "(x * x).sum().backward()\n(x * y).sum().backward()\n",
        "(x * y).sum().backward();", "x.mutable_grad().reset(); (x * y).sum().backward();", "x.grad",
    ),
    "clone dropped": Fault("clone dropped", INPLACE, "a.clone()", "a", "c"),
    "clone of a leaf dropped": Fault(
        "clone dropped", XY + "z = x.clone()\nz.sum().backward()\n", "x.clone()", "x", "z.is_leaf",
    ),
    "view instead of a copy": Fault("in place", INPLACE, "a.view({2, 2})", "a.clone().view({2, 2})", "a"),
    "in place on the wrong alias": Fault("in place", INPLACE, "a.add_(1.0)", "c.add_(1.0)", "a"),
    "in place lost": Fault("in place", INPLACE, "t.mul_(y)", "(void)t.mul(y)", "t"),
    "train instead of eval": Fault("train and eval", TRAINING, "net->eval();", "net->train();", "net.training"),
    "eval is lost": Fault("train and eval", TRAINING, "net->eval();", "", "out"),
    "seed used twice": Fault(
        "random numbers", TRAINING, "auto x = torch::rand({4, 3});",
        "torch::manual_seed(3); auto x = torch::rand({4, 3});", "x",
    ),
    "random numbers in another order": Fault(
        "random numbers", "a = torch.rand(3)\nb = torch.rand(3)\n",
        "auto a = torch::rand({3});\n", "torch::rand({1}); auto a = torch::rand({3});\n", "a",
    ),
    "one more random number at the end": Fault(
        "random numbers", "a = torch.rand(3)\nb = a * 2\n", "auto b = a * 2;", "auto b = a * 2; torch::rand({1});",
        "torch.get_rng_state()",
    ),
    "evaluation order": Fault(
        "evaluation order", "torch.manual_seed(5)\nz = torch.rand(3) - torch.rand(3)\n",
        "auto z = ",
        "auto z = torch::Tensor(); { auto second = torch::rand({3}); z = torch::rand({3}) - second; } z = 1 * ",
    ),
    "float instead of double": Fault(
        "wrong dtype",
        "x = torch.tensor([0.1, 0.7], dtype=torch.float64, requires_grad=True)\n(x * x).sum().backward()\n",
        "torch::dtype(torch::kFloat64)", "torch::dtype(torch::kFloat32)", "x.dtype",
    ),
    "float instead of double in between": Fault(
        "wrong dtype", "x = torch.tensor([0.1, 0.7], dtype=torch.float64, requires_grad=True)\nz = x * 3\n",
        "x * 3", "(x.to(torch::kFloat) * 3).to(torch::kDouble)", "z",
    ),
    "integer instead of float": Fault("wrong dtype", "z = torch.arange(3.0)\n", "3.0", "3", "z.dtype"),
    "missing gradient of the bias": Fault(
        "missing bias gradient", TRAINING, "LinearOptions(3, 3)", "LinearOptions(3, 3).bias(false)",
        "net.a.bias",
    ),
    "frozen bias": Fault(
        "missing bias gradient", TRAINING, "Net net;", "Net net; net->a->bias.requires_grad_(false);",
        "net.a.bias.grad",
    ),
    "leaf not frozen": Fault(
        "frozen", "m = nn.Linear(2, 2)\nm.weight.requires_grad = False\nm(torch.ones(1, 2)).sum().backward()\n",
        "requires_grad_(false)", "requires_grad_(true)", "m.weight.grad",
    ),
    "stale buffer": Fault("stale buffer", TRAINING, "calls += 1;", "", "net.calls"),
    "running statistics left alone": Fault(
        "stale buffer", TRAINING, "BatchNorm1dOptions(3)", "BatchNorm1dOptions(3).momentum(0.0)", "net.bn.running_mean",
    ),
    "no running statistics": Fault(
        "stale buffer", TRAINING, "BatchNorm1dOptions(3)", "BatchNorm1dOptions(3).track_running_stats(false)",
        "net.bn.running_mean",
    ),
    "momentum": Fault("optimizer", TRAINING, ".momentum(0.9)", ".momentum(0.8)", "net.a.weight"),
    "nesterov": Fault("optimizer", TRAINING, ".momentum(0.9)", ".momentum(0.9).nesterov(true)", "net.a.weight"),
    "weight decay": Fault("optimizer", TRAINING, ".momentum(0.9)", ".momentum(0.9).weight_decay(1e-6)", "net.a.weight"),
    "step left out": Fault("optimizer", TRAINING, "opt.step();", "", "net.a.weight"),
    "one step less": Fault("loop bounds", TRAINING, "step < 3", "step < 2", "step"),
    "slice off by one": Fault(
        "loop bounds", XY + "z = x[1:] * 2\nz.sum().backward()\n", "Slice(1)", "Slice(0, 2)", "x.grad",
    ),
    "dropout's rate": Fault("random numbers", TRAINING, ".p(0.5)", ".p(0.4)", "net.a.weight"),
    "parameter not registered": Fault(
        "registration", TRAINING, 'a = register_module("a", py2cpp::Linear(torch::nn::LinearOptions(3, 3)));',
        "a = py2cpp::Linear(torch::nn::LinearOptions(3, 3));", "net.a.weight",
    ),
    "buffer as a parameter": Fault(
        "registration", TRAINING, 'register_buffer("calls", torch::zeros({1}))',
        'register_parameter("calls", torch::zeros({1}), false)', "net.calls",
    ),
    "factor in a custom backward": Fault("custom backward", CUSTOM, "g * 3 * x", "g * 2 * x", "x.grad"),
    "gradients of a custom backward swapped": Fault(
        "custom backward", CUSTOM, "{g * 3 * x * x, g}", "{g, g * 3 * x * x}", "x.grad",
    ),
    "gradient of a custom backward left out": Fault(
        "custom backward", CUSTOM, "{g * 3 * x * x, g}", "{g * 3 * x * x, torch::Tensor()}", "y.grad",
    ),
    "zeros from a custom backward": Fault(
        "custom backward", CUSTOM, "{g * 3 * x * x, g}", "{g * 3 * x * x, torch::zeros_like(g)}", "y.grad",
    ),
    "not the custom function": Fault("custom backward", CUSTOM, "Cube::apply(x, y)", "(x * x * x + y)", "z.grad_fn"),
    "other node": Fault("other node", XY + "z = x + x\nz.sum().backward()\n", "x + x", "x * 2", "z.grad_fn"),
    "other constant": Fault(
        "constant", XY + "print(x.sum())\nprint(y.sum())\n", "{1.0, -2.0, 3.0}", "{1.0, -2.0, 4.0}", "print[0][0]",
    ),
    "constant of one ulp": Fault("constant", XY + "z = x * 0.1\n", "x * 0.1", "x * 0.10000001", "z"),
    "negative zero": Fault("constant", XY + "z = torch.zeros(2)\n", "torch::zeros({2})", "-torch::zeros({2})", "z"),
    "printed word": Fault("print", XY + "print('sum', x.sum())\n", '"sum "', '"sun "', "print[0]"),
    "printed sign": Fault("print", XY + "print(x)\n", "<< x <<", "<< -x <<", "print[0]"),
    "printed digits": Fault("print", XY + "print(f'{x.sum().item():.3f}')\n", '".3f"', '".2f"', "print[0]"),
    "gradient's sign": Fault(
        "sign", XY + "(-x * y).sum().backward()\n", "(-x * y).sum()", "(x * y).sum()", "x.grad",
    ),
}  # fmt: skip


FAULTS |= {name: Fault(*row) for name, row in HIDDEN.items()}


def plant(chosen: list[str]) -> dict[str, Verdict]:
    """The verdicts on the right C++ ("right NAME") and the wrong C++ ("wrong NAME") of faults, built together."""
    programs: dict[str, Program] = {}
    for number, key in enumerate(chosen):
        fault = FAULTS[key]
        for word, text in (("right", fault.emitted), ("wrong", fault.planted)):
            name = f"{word}_{number}.py"
            programs[f"{word} {key}"] = Program(name, HEAD + fault.source, text(name))
    options = VerifyOptions(timeout=300, locates=False)
    return dict(zip(programs, verify_programs(list(programs.values()), options), strict=True))


def main() -> int:
    """Plant all faults and print the table: exit status 1 when one is not found, or a right text is not a match."""
    verdicts = plant(list(FAULTS))
    kinds: dict[str, list[str]] = {}
    for key, fault in FAULTS.items():
        kinds.setdefault(fault.kind, []).append(key)
    missed = [key for key in FAULTS if verdicts[f"wrong {key}"].status == "match"]
    alarms = [key for key in FAULTS if verdicts[f"right {key}"].status != "match"]
    for kind, keys in sorted(kinds.items()):
        print(f"{kind:32} {len(keys) - len(set(keys) & set(missed)):3} of {len(keys)} found")
    found = len(FAULTS) - len(missed)
    print(f"{found} of {len(FAULTS)} faults of {len(kinds)} kinds found, {len(alarms)} false alarms")
    for word, keys in (("missed", missed), ("false alarm", alarms)):
        print("".join(f"{word}: {key}\n" for key in keys), end="")
    return int(bool(missed or alarms))


if __name__ == "__main__":
    sys.exit(main())
