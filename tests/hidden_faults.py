"""Faults that reach no variable of the module: what objects, modules, optimizers and generators know, and errors.

Each is a kind, a program, a text of its C++, the mistake that stands there instead, and a path that differs.
"""

from __future__ import annotations

XY = "x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)\ny = torch.tensor([0.5, 4.0, -1.5], requires_grad=True)\n"
METER = """\
class Meter:
    def __init__(self, scale):
        self.scale = scale
        self.count = 0
        self.seen = []
        self.last = None

    def add(self, v):
        self.count += 1
        self.seen.append(v.sum().item())
        self.last = v * self.scale

class Pair:
    def __init__(self):
        self.left = Meter(2.0)
        self.right = Meter(3.0)

    def add(self, v):
        self.left.add(v)
        self.right.add(v + 1)

""" + XY
NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.drop = nn.Dropout(0.5)
        self.calls = 0
        self.mask = torch.ones(3)
        self.norms = []
        self.hidden = None

    def forward(self, x):
        self.calls += 1
        h = torch.tanh(self.a(x)) * self.mask
        self.norms.append(h.sum().item())
        self.hidden = h
        return self.b(h)

torch.manual_seed(2)
net = Net()
x = torch.rand(2, 3)
out = net(x)
net.drop.eval()
"""
TRAINED = XY + """\
opt = torch.optim.SGD([x], lr=0.1, momentum=0.9)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=1, gamma=0.5)
(x * y).sum().backward()
opt.step()
sched.step()
"""
CHECKED = XY + """\
class ConfigError(ValueError):
    pass

def checked(n):
    if n > 2:
        raise ConfigError(f"{n} is too many")
    return n

a = checked(1)
b = checked(3)
"""
LOGGED = XY + """\
log = []
z = x * y
z.register_hook(lambda g: log.append(1))
z.register_hook(lambda g: log.append(2))
z.sum().backward()
"""
DRAWN = "g = torch.Generator()\ng.manual_seed(5)\nx = torch.rand(2, generator=g)\n"
CHANGED = """\
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def forward(self, x, k):
        self.steps += 1
        k.add_(1)
        return x * 2

def get_inputs():
    return [torch.rand(3), torch.zeros(2, dtype=torch.int64)]

def get_init_inputs():
    return []
"""

REGISTERED_A, REGISTERED_B = (
    f'{name} = register_module("{name}", py2cpp::Linear(torch::nn::LinearOptions(3, 3)));' for name in "ab"
)

HIDDEN: dict[str, tuple[str, str, str, str, str]] = {
    "count of an object": (
        "attribute", METER + "m = Meter(2.0)\nm.add(x)\n", "count = count + 1", "count = count + 2", "m.count",
    ),
    "constant of an object": (
        "attribute", METER + "m = Meter(2.0)\n", "this->scale = scale", "this->scale = scale + 1e-9", "m.scale",
    ),
    "list of an object": (
        "attribute", METER + "m = Meter(2.0)\nm.add(x)\n", "seen.push_back(", "if (count > 1) seen.push_back(",
        "m.seen",
    ),
    "tensor of an object": (
        "attribute", METER + "m = Meter(2.0)\nm.add(x)\n", "last = v * scale", "last = (v * scale).detach()",
        "m.last.grad_fn",
    ),
    "object in an object": (
        "attribute", METER + "p = Pair()\np.add(x)\n", "right->add(v + 1)", "right->add(v + 2)", "p.right.last",
    ),
    "object in a list": (
        "attribute", METER + "ms = [Meter(1.0), Meter(2.0)]\nms[1].add(y)\n", "ms.at(1)->add", "ms.at(0)->add",
        "ms[0].count",
    ),
    "count of a module": ("attribute of a module", NET, "calls = calls + 1", "calls = calls + 2", "net.calls"),
    "list of a module": (
        "attribute of a module", NET, "norms.push_back(h.sum()", "norms.push_back(h.mean()", "net.norms[0]",
    ),
    "tensor of a module": ("attribute of a module", NET, "hidden = h;", "hidden = h.detach();", "net.hidden.grad_fn"),
    "dtype of a tensor of a module": (
        "attribute of a module", NET, "mask = torch::ones({3});", "mask = torch::ones({3}, torch::kInt64);",
        "net.mask.dtype",
    ),
    "mode of a module in a module": ("train and eval", NET, "net->drop->eval();", "", "net.drop.training"),
    "mode of the wrong module": (
        "train and eval", NET, "net->drop->eval();", "net->a->eval(); net->drop->eval();", "net.a.training",
    ),
    "name of a module": ("registration", NET, 'register_module("drop"', 'register_module("dropout"', "net.drop"),
    "order of the parameters": (
        "registration", NET, f"    {REGISTERED_A}\n    {REGISTERED_B}\n", f"    {REGISTERED_B}\n    {REGISTERED_A}\n",
        "net.parameters",
    ),
    "rate behind the last step": ("scheduler", TRAINED, "sched.step();", "", "opt.param_groups[0].lr"),
    "factor of a scheduler": ("scheduler", TRAINED, "0.5)", "0.25)", "opt.param_groups[0].lr"),
    "option without effect yet": (
        "optimizer", TRAINED, ".momentum(0.9)", ".momentum(0.9).dampening(0.25)", "opt.param_groups[0].dampening",
    ),
    "momentum of the first step": (
        "optimizer", TRAINED, ".momentum(0.9)", ".momentum(0.8)", "opt.param_groups[0].momentum",
    ),
    "message of an error": ("error", CHECKED, " is too many", " is too much", "outcome"),
    "number in a message": ("error", CHECKED, "n > 2", "++n > 2", "outcome"),
    "class of an error": (
        "error", CHECKED, "raise<ConfigError>", "raise<c10::ValueError>", "outcome",
    ),
    "order of hooks": ("hook", LOGGED, "log.push_back(1)", "log.push_back(3)", "log[0]"),
    "one more number from a generator": (
        "random numbers", DRAWN, "auto x = torch::rand({2}, g);",
        "auto x = torch::rand({2}, g); torch::rand({1}, g);", "g",
    ),
    "input changed in place": ("in place", CHANGED, "k.add_(1)", "(void)k.add(1)", "inputs[1]"),
    "attribute of a model file": (
        "attribute of a module", CHANGED, "steps = steps + 1", "steps = steps + 2", "model.steps",
    ),
    "text of the program": ("text", "s = 'ab'\nt = s + 'c'\nn = len(t)\n", '"ab"', '"aB"', "s"),
    "key of a dict": (
        "dict", XY + "d = {'a': x * 2, 'b': y}\nd['c'] = x\n", '"c"', '"C"', 'd["c"]',
    ),
    "order of a dict": (
        "dict", "d = {'a': 1, 'b': 2}\n", '{{"a", 1}, {"b", 2}}', '{{"b", 2}, {"a", 1}}', 'd["a"]',
    ),
    "length of a list": (
        "list", "xs = [1, 2]\nxs.append(3)\n", "xs.push_back(3);", "xs.push_back(3); xs.push_back(3);", "xs",
    ),
}  # fmt: skip

#: Programs that run all that they define.
WHOLE = (
    METER + "p = Pair()\np.add(x)\np.add(y)\n", NET, TRAINED, CHECKED, LOGGED, DRAWN, CHANGED,
    XY + "d = {'a': x * 2, 'b': y}\nd['c'] = x\nxs = [1, 2]\nxs.append(3)\ns = 'ab'\nt = s + 'c'\n",
)  # fmt: skip
