"""Training programs over torch's database of optimizers, and over all schedulers: a selection gives Python's bits."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.tools.operator_programs import OperatorProgram
from py2cpp_autograd.tools.optimizer_programs import generate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs

#: Every so many of the programs are built, of fewer steps than the sweep's.
STRIDE, STEPS = 40, 8
#: The diagnostics that a program of one optimizer or scheduler may have.
REFUSALS = {"PCA401", "PCA402", "PCA403"}


@pytest.fixture(scope="module")
def programs() -> list[OperatorProgram]:
    """Loops with each option, and the other forms."""
    return generate(STEPS).programs[::STRIDE]


@pytest.mark.build
def test_every_optimizer_and_scheduler_is_tried(programs: list[OperatorProgram]) -> None:
    assert {one.family for one in programs} == {"torch.optim", "torch.optim.lr_scheduler"}
    assert len({one.operator for one in programs}) > 10
    assert len({one.form for one in programs}) > 5


@pytest.mark.build
def test_optimizers_and_schedulers_give_python_bits(programs: list[OperatorProgram]) -> None:
    verdicts = verify_programs([Program(f"{one.name}.py", one.source) for one in programs], VerifyOptions(timeout=300))
    wrong = {
        one.name: verdict.status
        for one, verdict in zip(programs, verdicts, strict=True)
        if verdict.status not in ("match", "refused") or (verdict.status == "match" and not verdict.bitwise)
    }
    assert not wrong
    refused = [one for one, verdict in zip(programs, verdicts, strict=True) if verdict.status == "refused"]
    assert {translate(one.source).diagnostics[0].code for one in refused} <= REFUSALS
    assert len(refused) < len(programs) / 3
