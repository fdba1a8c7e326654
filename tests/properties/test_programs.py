"""Programs made at random, and rewrites of them, give Python's bits in C++, all in one batch.

A longer run, over other seeds: `pytest tests/properties --programs 1000 --first-seed 5000`.
"""

from __future__ import annotations

import contextlib
import io

import pytest
import torch
from program_source import program
from rewrites import REWRITES

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs


@pytest.fixture(scope="session")
def seeds(request: pytest.FixtureRequest) -> range:
    """The seeds of this run."""
    first: int = request.config.getoption("--first-seed")
    count: int = request.config.getoption("--programs")
    return range(first, first + count)


def values(source: str) -> tuple[str, dict[str, object]]:
    """What Python prints and computes."""
    found: dict[str, object] = {}
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        exec(compile(source, "program", "exec"), found)
    loss, x = found["loss"], found["x"]
    assert isinstance(loss, torch.Tensor) and isinstance(x, torch.Tensor)
    return text.getvalue(), {"loss": loss.item(), "gradient": None if x.grad is None else x.grad.tolist()}


def is_valid(source: str) -> bool:
    """Whether Python runs the program to its end: a few differentiate what has no derivative."""
    try:
        values(source)
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("name", REWRITES)
def test_rewrites_keep_what_python_computes(name: str, seeds: range) -> None:
    for seed in seeds[:20]:
        source = program(seed)
        if is_valid(source):
            assert str(values(REWRITES[name](source))) == str(values(source)), seed


def test_few_programs_are_refused(seeds: range) -> None:
    refused = [seed for seed in seeds if translate(program(seed)).status == "refused"]
    assert len(refused) <= len(seeds) // 10, refused


@pytest.mark.build
def test_programs_give_python_bits(seeds: range) -> None:
    programs = []
    for place, seed in enumerate(seeds):
        source = program(seed)
        names = list(REWRITES)
        programs.append(Program(f"made_{seed}.py", source))
        if place % 2:
            programs.append(Program(f"made_{seed}_rewritten.py", REWRITES[names[place // 2 % len(names)]](source)))
    chosen = [made for made in programs if is_valid(made.source)]
    verdicts = verify_programs(chosen, VerifyOptions())
    wrong = [v for v in verdicts if v.status not in {"match", "refused"}]
    assert not wrong, [(verdict.path, verdict.status, verdict.detail, verdict.mismatches[:2]) for verdict in wrong]
