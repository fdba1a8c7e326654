"""What a script does not reach, and what has no translation, is left out with a warning; all else is refused."""

from __future__ import annotations

import pytest

from py2cpp_autograd import Translation, translate
from py2cpp_autograd.translate import Options
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs

HEAD = "import torch\nimport matplotlib.pyplot as plt\n"
PLOT = "\n\ndef plot(history):\n    plt.plot(history)\n"
RUN = "\n\nx = torch.ones(2, requires_grad=True)\nx.sum().backward()\n"


def codes(translation: Translation) -> list[str]:
    return [found.code for found in translation.diagnostics]


def test_what_nothing_reaches_is_left_out() -> None:
    made = translate(HEAD + PLOT + RUN)
    assert (made.status, codes(made)) == ("translated", ["PCA207"])
    (warning,) = made.diagnostics
    assert warning.severity == "warning"
    assert warning.message == "'plot' is left out: nothing reaches it, and it has no translation"
    assert (warning.span.start.line, warning.span.start.column, warning.span.end.column) == (5, 4, 8)
    assert "plot" not in made.cpp
    lines = {one.py.start.line for one in made.source_map}
    assert lines == {9, 10}


def test_a_class_that_nothing_makes_is_left_out() -> None:
    source = "class Writer:\n    name = 'x'\n\n    def write(self, text):\n        open(self.name).write(text)\n"
    assert codes(translate(HEAD + source + RUN)) == ["PCA207"]


def test_a_grad_mode_around_a_function_does_nothing_by_itself() -> None:
    source = "\n\n@torch.no_grad()\ndef plot(history):\n    plt.plot(history)\n"
    assert codes(translate(HEAD + source + RUN)) == ["PCA207"]


def test_what_only_left_out_code_names_is_left_out_too() -> None:
    source = PLOT + "\n\ndef plot_twice(history):\n    plot(history)\n    plt.show()\n"
    assert codes(translate(HEAD + source + RUN)) == ["PCA207", "PCA207"]


def test_asked_for_by_name_it_is_refused() -> None:
    refused = translate(HEAD + PLOT + RUN, options=Options(entry=("plot",)))
    assert (refused.status, codes(refused)) == ("refused", ["PCA204"])


@pytest.mark.parametrize(
    "source",
    [
        HEAD + PLOT + RUN + "plot([1.0])\n",
        HEAD + PLOT + "\n\ndef show():\n    plot([1.0])\n" + RUN + "show()\n",
        HEAD + PLOT + RUN + "f = plot\n",
        HEAD + PLOT,
        HEAD + PLOT + "\n\nrate = 0.1\n",
        HEAD + PLOT + RUN + "plt.show()\n",
        HEAD + "\n\n@print\ndef plot(history):\n    plt.plot(history)\n" + RUN,
        HEAD + "\n\ndef plot(history=torch.rand(2)):\n    plt.plot(history)\n" + RUN,
    ],
)
def test_what_a_script_reaches_is_refused(source: str) -> None:
    assert translate(source).status == "refused"


POLICY = """
class Policy(torch.nn.Module):
    def forward(self, x):
        return x * 2

    def act(self, state):
        return self.shown(state)

    def shown(self, state):
        plt.plot(state)
"""
MADE = "\n\npolicy = Policy()\ny = policy(torch.ones(2, requires_grad=True)).sum()\ny.backward()\n"


def test_methods_that_nothing_calls_are_left_out() -> None:
    made = translate(HEAD + POLICY + MADE)
    assert [(one.code, one.message.split(" is ")[0]) for one in made.diagnostics] == [
        ("PCA207", "'Policy.act'"),
        ("PCA207", "'Policy.shown'"),
    ]
    assert "forward" in made.cpp and "act" not in made.cpp


def test_a_model_file_is_driven() -> None:
    model = POLICY.replace("Policy", "Model").replace("plt.plot(state)", "pass")
    driven = "\n\ndef get_inputs():\n    return [torch.ones(2)]\n\n\ndef get_init_inputs():\n    return []\n"
    assert codes(translate("import torch\n" + PLOT.replace("plt.plot", "open") + model + driven)) == ["PCA207"]
    assert translate(HEAD + model + driven).status == "translated"


@pytest.mark.parametrize(
    "source",
    [
        POLICY + MADE + "policy.act(y)\n",
        POLICY + MADE + "print(hasattr(policy, 'act'))\n",
        POLICY + MADE + "name = 'act'\nprint(getattr(policy, name))\n",
        POLICY + "\n\nclass Other(Policy):\n    def forward(self, x):\n        return self.act(x)\n" + MADE,
        POLICY.replace("torch.nn.Module", "torch.utils.data.Dataset") + MADE,
        POLICY.replace("act", "extra_repr") + MADE,
        POLICY.replace("def act(self, state)", "def __len__(self)").replace("(state)", "(3)") + MADE,
    ],
)
def test_methods_that_may_be_called_are_refused(source: str) -> None:
    assert translate(HEAD + source).status == "refused"


CUDA = "import torch\nimport torch.nn as nn\nnet = nn.Linear(2, 1)\n"


@pytest.mark.parametrize(
    "test",
    [
        "if torch.cuda.is_available():",
        "if torch.cuda.device_count() > 1:",
        "if torch.cuda.device_count() >= 1 and net.training:",
        "many = torch.cuda.device_count() > 1\nif many:",
        "if not torch.cuda.is_available():\n    print(1)\nelse:",
    ],
)
def test_what_needs_cuda_is_an_error_in_cpp(test: str) -> None:
    source = CUDA + test + "\n    net = torch.jit.script(net)\n    print(net)\nnet.zero_grad()\n"
    made = translate(source)
    assert (made.status, codes(made)) == ("translated", ["PCA207"])
    first = source.split("\n").index("    net = torch.jit.script(net)") + 1
    assert f"not translated: lines {first} to {first + 1}" in made.cpp
    assert made.diagnostics[0].span.start.line == first


@pytest.mark.parametrize(
    "test",
    [
        "if not torch.cuda.is_available():",
        "if torch.cuda.is_available() or net.training:",
        "if torch.cuda.device_count() >= 0:",
        "if torch.cuda.device_count() < 2:",
        "cuda = torch.cuda.is_available()\ncuda = True\nif cuda:",
        "def f(many):\n  many = torch.cuda.is_available()\nmany = True\nif many:",
        "if torch.cuda.is_available():\n    print(1)\nelse:",
    ],
)
def test_what_may_run_without_cuda_is_refused(test: str) -> None:
    assert translate(CUDA + test + "\n    net = torch.jit.script(net)\nnet.zero_grad()\n").status == "refused"


FLAG = """import argparse
import torch
import torch.nn as nn
from torch.utils import model_zoo

parser = argparse.ArgumentParser()
parser.add_argument("--resume", action="store_true")
parser.add_argument("--weights", default="")
args = parser.parse_args()


class Net(nn.Module):
    def __init__(self, pretrained=False, path=None, **kwargs):
        super().__init__()
        self.fc = nn.Linear(2, 1)
        TEST:
            self.load_state_dict(model_zoo.load_url("https://host/weights"))

    def forward(self, x):
        return self.fc(x)


def make(pretrained=False, progress=True, **kwargs):
    return Net(pretrained, **kwargs)


"""


@pytest.mark.parametrize(
    ("test", "use"),
    [
        ("if pretrained", "net = Net()"),
        ("if pretrained", "net = Net(False)"),
        ("if pretrained", "net = make(False)"),
        ("if self and pretrained", "net = Net()"),
        ("if pretrained is True or args.resume and path", ""),
        ("if pretrained is not None and pretrained == True", "net = Net(path='a')"),
        ("if args.resume", "net = Net()"),
        ("if args.weights", "net = Net(True)"),
        ("if not not args.weights", "net = Net(True)"),
    ],
)
def test_what_no_call_asks_for_is_an_error_in_cpp(test: str, use: str) -> None:
    made = translate(FLAG.replace("TEST", test) + use + "\n")
    assert (made.status, codes(made)) == ("translated", ["PCA207"])
    assert "not translated: line 17" in made.cpp


@pytest.mark.parametrize(
    ("test", "use"),
    [
        ("if pretrained", "net = Net(True)"),
        ("if pretrained", "net = make(True)"),
        ("if pretrained", "net = Net(pretrained=True)"),
        ("if pretrained", "net = make(False)\nother = make(progress=False, pretrained=True)"),
        ("if pretrained", "flags = [True, False]\nnet = Net(flags[0])"),
        ("if pretrained", "kinds = [Net]\nnet = kinds[0](True)"),
        ("if pretrained", "given = {'pretrained': True}\nnet = Net(**given)"),
        ("if not pretrained", "net = Net()"),
        ("if path is None", "net = Net()"),
        ("if args.resume", "args.resume = True\nnet = Net()"),
        ("if not args.resume", "net = Net()"),
        ("pretrained = path is None\n        if pretrained", "net = Net()"),
    ],
)
def test_what_a_call_asks_for_is_refused(test: str, use: str) -> None:
    assert translate(FLAG.replace("TEST", test) + use + "\n").status == "refused"


@pytest.mark.build
def test_the_rest_matches() -> None:
    block = "if torch.cuda.device_count() > 1:\n    net = torch.jit.script(net)\n"
    source = CUDA + block + "net(torch.ones(1, 2)).sum().backward()\n"
    flagged = FLAG.replace("TEST", "if pretrained") + "net = Net()\nnet(torch.ones(1, 2)).sum().backward()\n"
    for text in (source, flagged):
        (found,) = verify_programs([Program("net.py", text)], VerifyOptions())
        assert (found.status, found.gradients) == ("match", 2), found.detail


ATTRIBUTE = """import torch
import torch.nn as nn
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    slow = False

    def __init__(self, again=False):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.again = again

    def forward(self, x):
        if self.again and x.requires_grad:
            return checkpoint(self.fc, x)
        return self.fc(x)


class Net(nn.Module):
    def __init__(self, again=False, kind="plain"):
        super().__init__()
        self.block = Block(again=again)
        self.again = again
        self.kind = kind

    def forward(self, x):
        TEST:
            x = checkpoint(self.block, x)
        return self.block(x)


"""


@pytest.mark.parametrize("entry", [(), ("Net",)])
@pytest.mark.parametrize("test", ["if self.again", "if self.kind == 'fast'", "if self.again and self.training"])
def test_what_no_attribute_asks_for_is_an_error_in_cpp(test: str, entry: tuple[str, ...]) -> None:
    source = ATTRIBUTE.replace("TEST", test) + "print(Net()(torch.ones(1, 2)))\n"
    made = translate(source, options=Options(entry=entry))
    assert (made.status, codes(made)) == ("translated", ["PCA207", "PCA207"])
    assert "not translated: line 29" in made.cpp


@pytest.mark.parametrize(
    ("test", "use"),
    [
        ("if self.again", "net = Net(True)"),
        ("if self.again", "net = Net()\nnet.again = True"),
        ("if self.again", "net = Net()\nsetattr(net, 'again', True)"),
        ("if self.again", "block = Block(True)"),
        ("if self.kind == 'plain'", "net = Net()"),
        ("if not self.again", "net = Net()"),
        ("if self.training", "net = Net()"),
    ],
)
def test_what_an_attribute_may_ask_for_is_refused(test: str, use: str) -> None:
    assert translate(ATTRIBUTE.replace("TEST", test) + use + "\n").status == "refused"


def test_flags_that_functions_pass_round_in_circles_are_answered() -> None:
    names = [f"f{i}" for i in range(12)]
    calls = "\n".join(f"    {name}(x, flag)" for name in names)
    functions = "\n".join(f"def {name}(x, flag=False):\n{calls}\n    if flag:\n        eval('x')\n" for name in names)
    # There are more ways round than can be followed one by one.
    assert translate(f"{functions}\nprint(eval('1'))\n").status == "refused"
