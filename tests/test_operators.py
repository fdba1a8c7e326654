"""Programs of torch's own database of operators: a selection of every family gives Python's bits, or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from py2cpp_autograd.tools import operator_sweep
from py2cpp_autograd.tools.operator_programs import Generated, OperatorProgram, generate, run
from py2cpp_autograd.tools.operator_sweep import Outcome, page, remembered, sweep, table
from py2cpp_autograd.verify import VerifyOptions

#: One in so many programs is built; `python -m py2cpp_autograd.tools.operator_sweep` builds them all.
STRIDE = 22
#: How many families there are: each has a program among those that are built.
FAMILIES = 11
#: The diagnostics that a program of one call may have.
REFUSALS = {"PCA306", "PCA400", "PCA401", "PCA402", "PCA403", "PCA404", "PCA504"}
#: Operators whose programs the quick tests look at.
FEW = r"^(add|sort|var|linalg\.svd|nn\.functional\.interpolate-bilinear|special\.erfcx|fft\.fft|index_put)\."


@pytest.mark.build
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_operators_give_python_bits() -> None:
    """In half of the programs the calls are written as the database has them, in half as others would write them."""
    programs = [*generate(1, every=STRIDE).programs, *generate(1, seed=1, every=STRIDE).programs]
    assert len({one.family for one in programs}) == FAMILIES
    outcomes = list(sweep(programs, VerifyOptions(timeout=300)))
    wrong = [one for one in outcomes if one.status not in ("match", "refused") or one.code not in {"", *REFUSALS}]
    assert not wrong, [(one.program.name, one.status, one.messages, one.detail) for one in wrong]
    assert sum(one.status == "match" for one in outcomes) >= 0.97 * len(outcomes)


@pytest.fixture(scope="module")
def plain() -> Generated:
    """The programs of a few operators."""
    return generate(1, FEW)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_programs_have_all_forms_and_run(plain: Generated) -> None:
    assert len({one.name for one in plain.programs}) == len(plain.programs) > 20
    assert {"function", "method", "operator", "in-place", "out", "second-order"} <= {o.form for o in plain.programs}
    assert all("out" in run(one.source) for one in plain.programs)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_seed_draws_other_programs_and_the_same_again(plain: Generated) -> None:
    styled, again = generate(1, FEW, seed=3), generate(1, FEW, seed=3)
    assert styled.programs == again.programs
    different = {one.source for one in styled.programs} - {one.source for one in plain.programs}
    assert len(different) > len(styled.programs) / 2
    assert any("def run(" in source for source in different)
    assert any("input=" in source for source in different)


def _outcome(status: str, code: str = "", family: str = "torch.fft") -> Outcome:
    program = OperatorProgram("fft.fft", family, "function", "float64", 0, "out = 1\n")
    return Outcome(program, status, code, ("no | overload",) * bool(code), (), "")


def test_the_page_counts_by_family_and_reason() -> None:
    found = [_outcome("match"), _outcome("match"), _outcome("refused", "PCA403"), _outcome("match", family="torch")]
    assert "| torch.fft | 3 | 2 | 1 | 0 | 0 | 0 | 0 | 0 |" in table(found)
    assert "| all | 4 | 3 | 1 |" in table(found)
    made = Generated()
    made.unspellable["a sparse input"] = 7
    text = page(operator_sweep.OPERATORS, made, found, "the command", "by hand")
    assert "75.0 % of 4 programs match, as measured on" in text
    assert "| 1 | PCA403 | no \\| overload |" in text
    assert "| 7 | a sparse input |" in text


def test_only_matches_of_the_same_program_are_remembered(tmp_path: Path) -> None:
    matched, other = _outcome("match"), _outcome("mismatch")
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps(matched.to_json()) + "\n", encoding="utf-8")
    assert remembered(results, [matched.program]) == {matched.program.name: matched}
    changed = OperatorProgram(**{**vars(matched.program), "source": "out = 2\n"})
    assert remembered(results, [changed]) == {}
    results.write_text(json.dumps(other.to_json()) + "\n", encoding="utf-8")
    assert remembered(results, [other.program]) == {}
    assert remembered(None, [matched.program]) == {}
