"""`verify --thorough`: gradients that are wrong only for some inputs, or only to the second order, are found."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs
from py2cpp_autograd.verify.report.findings import findings

MODEL = """\
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        return torch.relu(self.linear(x)) + x * x

def get_inputs():
    return [torch.rand(4, 3) + 0.5]

def get_init_inputs():
    return []
"""
SCRIPT = "import torch\nx = torch.rand(3, requires_grad=True)\ny = (x * x).sum()\ny.backward()\n"
FLAT = "((x - x.detach()) * (x.detach() * 2) + x.detach() * x.detach())"
#: What stands in the C++ of a program instead of something right, and the variant that it is wrong in.
HIDDEN = {
    "nothing": (MODEL, "x * x", "x * x", ""),
    "another slope at zero": (MODEL, "x * x", "torch::where(x == 0, x, x * x)", "inputs of zeros"),
    "an overflow": (MODEL, "x * x", "torch::where(x > 1000, -x, x) * x", "10,000 times"),
    "a lost infinity": (MODEL, "x * x", "torch::where(x.isinf(), 0, x) * x", "infinities"),
    "no second derivative": (MODEL, "x * x", FLAT, "second order"),
    "another seed": (SCRIPT, "(x * x)", "(x[0].item<float>() < 0.4963 ? x * x : x * 2 * x)", "the seed"),
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    programs = []
    for number, (source, right, wrong, _) in enumerate(HIDDEN.values()):
        name = f"thorough_{number}.py"
        cpp = translate(source, filename=name).cpp
        assert cpp.count(right) == 1, cpp
        programs.append(Program(name, source, cpp.replace(right, wrong)))
    return dict(zip(HIDDEN, verify_programs(programs, VerifyOptions(thorough=True)), strict=True))


@pytest.mark.build
@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_is_found(name: str, verdicts: dict[str, Verdict]) -> None:
    source, _, _, words = HIDDEN[name]
    verdict = verdicts[name]
    assert verdict.status == ("mismatch" if words else "match"), verdict
    assert words in verdict.detail
    notes = [note for finding in findings(verdict, source) for note in finding.notes]
    assert not words or any(words in note for note in notes)
