"""Programs of one batch do not hurt each other: none keeps the others from being loaded, or ends their processes."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs
from py2cpp_autograd.verify.build import UNITS_PER_OBJECT, Unit, _batches

SOURCE = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\n(x * x).sum().backward()\n"
KILLS = "import os, signal, torch\nx = torch.ones(2)\nos.kill(os.getppid(), signal.SIGKILL)\n"
RECORDS = '#include "py2cpp/probe.h"\nint main() { py2cpp::record("x", torch::ones({2})); }\n'


def changed(name: str, before: str, more: str) -> Program:
    cpp = translate(SOURCE, filename=f"{name}.py").cpp
    return Program(f"{name}.py", SOURCE, cpp.replace(before, more + before, 1))


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on programs of one batch."""
    programs = [
        Program("one.py", SOURCE),
        changed("nowhere", "namespace nowhere {", "void is_nowhere();\n"),
        changed("calls_it", "namespace calls_it {", "void is_nowhere();\nauto it = (is_nowhere(), 1);\n"),
        changed("aborts", "namespace aborts {", "auto nothing = (std::abort(), 1);\n"),
        Program("defines.py", "import torch\n\ndef f(x):\n    return x * 2\n"),
        Program("kills.py", KILLS, RECORDS),
        Program("other.py", SOURCE),
    ]
    return {verdict.path: verdict for verdict in verify_programs(programs, VerifyOptions(timeout=20))}


@pytest.mark.build
def test_a_name_that_is_nowhere_is_an_error_of_its_program(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["calls_it.py"].status == "build_error"
    assert "is_nowhere" in verdicts["calls_it.py"].detail


@pytest.mark.build
def test_what_ends_while_it_is_loaded_ends_alone(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["aborts.py"].status == "cpp_error"
    assert "signal 6" in verdicts["aborts.py"].detail


@pytest.mark.build
def test_the_others_match(verdicts: dict[str, Verdict]) -> None:
    assert {verdicts[name].status for name in ("one.py", "other.py", "nowhere.py")} == {"match"}


@pytest.mark.build
def test_definitions_alone_leave_nothing_to_compare(verdicts: dict[str, Verdict]) -> None:
    assert "leaves no value or gradient to compare" in verdicts["defines.py"].detail


@pytest.mark.build
def test_a_program_that_ends_its_server_ends_alone(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["kills.py"].status == "python_error"
    assert "ends the process that runs it" in verdicts["kills.py"].detail


def unit(number: int, namespace: str = "", length: int = 10) -> Unit:
    return Unit(str(number), "x" * length, (namespace or f"n{number}",), "script")


def test_batches_are_spread_and_bounded() -> None:
    def sizes(units: list[Unit], jobs: int) -> list[int]:
        return [len(batch) for batch in _batches(units, jobs)]

    most = UNITS_PER_OBJECT
    assert sizes([], 2) == []
    assert sizes([unit(i) for i in range(3)], 2) == [2, 1]
    assert sizes([unit(i) for i in range(2 * most)], 2) == [most, most]
    assert max(sizes([unit(i) for i in range(2 * most + 1)], 2)) < most
    assert sizes([unit(i, "same") for i in range(3)], 1) == [1, 1, 1]
    assert sizes([unit(i, length=90_000) for i in range(4)], 1) == [2, 2]
