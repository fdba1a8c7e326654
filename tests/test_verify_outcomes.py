"""Every code of building, running and comparing, provoked by a real program; PCA602 by a real project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd import translate
from py2cpp_autograd.cli import cli
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs
from py2cpp_autograd.verify.report.findings import findings

HEAD = "import torch\n"
LEAF = "x = torch.tensor([1.0, 2.0], requires_grad=True)\n"


@dataclass(frozen=True)
class Outcome:
    """A program, what is changed in its C++, and the status and code that this gives."""

    source: str
    right: str
    wrong: str
    status: str
    code: str
    line: int = 1  # of the Python that the finding is about

    def program(self, name: str) -> Program:
        """The program; its C++ is the translation unless something is changed in it."""
        source = HEAD + self.source
        if not self.right:
            return Program(name, source)
        cpp = translate(source, filename=name).cpp
        assert cpp.count(self.right) == 1, cpp
        return Program(name, source, cpp.replace(self.right, self.wrong))


MULTIPLY = LEAF + "y = (x * 3).sum()\ny.backward()\n"
OUTCOMES: dict[str, Outcome] = {
    "does not compile": Outcome(MULTIPLY, "y.backward();", "y.backwards();", "build_error", "PCA701"),
    "Python alone raises": Outcome(LEAF + "z = x.view(3)\n", "x.view({3})", "x.view({2})", "python_error", "PCA801", 3),
    "C++ alone raises": Outcome(MULTIPLY, "y.backward();", "x.backward();", "cpp_error", "PCA802"),
    "C++ ends at once": Outcome(MULTIPLY, "y.backward();", "std::abort();", "cpp_error", "PCA802"),
    "C++ follows a null pointer": Outcome(
        MULTIPLY, "y.backward();", "*static_cast<volatile int*>(nullptr) = 1;", "cpp_error", "PCA802"
    ),
    "C++ does not end": Outcome(MULTIPLY, "y.backward();", "for (volatile int i = 0;; i = 1) {}", "timeout", "PCA803"),
    "Python does not end": Outcome("k = 0\nwhile k < 1:\n    k = k * 1\n", "", "", "timeout", "PCA803"),
    "nothing to compare": Outcome("def f(x):\n    return x\n", "", "", "python_error", "PCA804"),
    "value": Outcome(MULTIPLY, "x * 3", "x * 4", "mismatch", "PCA901", 3),
    "not initialised": Outcome("y = torch.zeros(2)\n", "torch::zeros", "torch::empty", "mismatch", "PCA901", 2),
    "gradient": Outcome(MULTIPLY, "(x * 3)", "(x * 3 + (x - x.detach()) * 2)", "mismatch", "PCA902", 2),
    "presence": Outcome(MULTIPLY, "y.backward();", "", "mismatch", "PCA903", 2),
    "metadata": Outcome(LEAF + "y = x * 3\n", "x * 3", "(x * 3).detach()", "mismatch", "PCA904", 3),
}

#: What an error ends is compared as it was then: constants, and what functions assign and change, too.
ENDED = (
    "count = 0\nsizes = [1]\nscale = 2.0\n"
    "def bump():\n    global count\n    count += 1\n    sizes.append(count)\n    return torch.ones(count) * scale\n"
    "a = bump()\nlate = 5\ndef with_late():\n    return bump() + late\nb = with_late()\nc = b.view(7)\n"
    "never = 3\ndef with_never():\n    return never\nz = with_never()\n"
)


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on all programs, built in one batch; one that fails does not hurt the others."""
    programs = [outcome.program(f"outcome_{number}.py") for number, outcome in enumerate(OUTCOMES.values())]
    found = verify_programs(programs, VerifyOptions(timeout=5))
    return dict(zip(OUTCOMES, found, strict=True))


@pytest.mark.build
@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome(name: str, verdicts: dict[str, Verdict]) -> None:
    outcome, verdict = OUTCOMES[name], verdicts[name]
    assert verdict.status == outcome.status, verdict.detail
    assert not verdict.bitwise
    found = findings(verdict, HEAD + outcome.source)
    assert (outcome.code, outcome.line) in {(one.diagnostic.code, one.diagnostic.span.start.line) for one in found}


@pytest.mark.build
def test_what_an_error_ends_is_compared() -> None:
    source = HEAD + ENDED
    cpp = translate(source, filename="ended.py").cpp
    assert cpp.count("++count;") == 1, cpp
    changed = cpp.replace("++count;", "count += 2;")
    programs = [Program("ended.py", source), Program("changed/ended.py", source, changed)]
    same, other = verify_programs(programs, VerifyOptions())
    assert (same.status, same.bitwise, same.values) == ("match", True, 8), same.mismatches
    assert (other.status, other.first_divergence) == ("mismatch", source.split("\n").index("    count += 1") + 1)


@pytest.mark.build
def test_check_finds_cpp_that_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.py2cpp-autograd.pairs]\n"program.py" = "cpp/program.cpp"\n')
    (tmp_path / "program.py").write_text(HEAD + MULTIPLY)
    (tmp_path / "cpp").mkdir()
    committed = tmp_path / "cpp" / "program.cpp"
    runner = CliRunner()
    assert runner.invoke(cli, ["translate", "program.py", "-o", str(committed)]).exit_code == 0
    fresh = runner.invoke(cli, ["check"])
    assert (fresh.exit_code, "PCA602" in fresh.stdout) == (0, False), fresh.output
    committed.write_text(committed.read_text().replace("x * 3", "x * 4"))
    stale = runner.invoke(cli, ["check"])
    assert stale.exit_code == 1
    assert "PCA602" in stale.stdout


@pytest.mark.build
def test_what_is_not_initialised_is_the_same_on_both_sides() -> None:
    source = "a = torch.empty(5, 3)\nb = torch.FloatTensor(4) + torch.empty_like(a[:, 0][:4])\n"
    source += "c = torch.empty(300, 300)\n"
    (found,) = verify_programs([Program("empty.py", HEAD + source)], VerifyOptions())
    assert (found.status, found.bitwise) == ("match", True), found.mismatches
