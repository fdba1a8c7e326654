"""Tensors that are too large to be written down are compared by their digests, and by their bits where these differ."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, verify_programs

SOURCE = """
import torch

floats = torch.randn(300, 400, requires_grad=True)
squares = floats * floats
squares.sum().backward()
halves = floats.detach().bfloat16()
indices = torch.arange(100000)
nans = torch.zeros(70000) / 0
pairs = torch.complex(nans, nans)
odd = torch.arange(300001) % 3 == 0
"""


CHANGES = {
    "squares": ("floats * floats", "floats * floats * (1 + 1e-6)"),
    "indices": ("torch::arange(100000)", "torch::arange(1, 100001)"),
    "pairs": ("torch::complex(nans, nans)", "torch::complex(nans, torch::ones({70000}))"),
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    programs = [Program("same.py", SOURCE), *(_changed(name, *change) for name, change in CHANGES.items())]
    return dict(zip(["same", *CHANGES], verify_programs(programs), strict=True))


def _changed(name: str, right: str, wrong: str) -> Program:
    cpp = translate(SOURCE, filename=f"{name}.py").cpp
    assert cpp.count(right) == 1, cpp
    return Program(f"{name}.py", SOURCE, cpp.replace(right, wrong))


@pytest.mark.build
def test_equal_tensors_match(verdicts: dict[str, Verdict]) -> None:
    assert (verdicts["same"].status, verdicts["same"].detail) == ("match", "")


@pytest.mark.build
@pytest.mark.parametrize("path", CHANGES)
def test_a_difference_is_told_with_its_numbers(verdicts: dict[str, Verdict], path: str) -> None:
    assert verdicts[path].status == "mismatch"
    found = {mismatch.path: mismatch for mismatch in verdicts[path].mismatches}
    assert found[path].python != found[path].cpp
    assert "[[...]]" not in found[path].python
    assert (found[path].max_ulp or 0) > 0
