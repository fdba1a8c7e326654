"""The `main` of C++ by hand: where it is another than the emitted one, it is what is run."""

from __future__ import annotations

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs
from py2cpp_autograd.verify.own_main import has_another_main, main_of, returning

SOURCE = "import torch\nx = torch.rand(2, requires_grad=True)\nk = 1\n(x * k).sum().backward()\n"
EMITTED = translate(SOURCE, filename="program.py").cpp


def test_main_is_found_behind_brackets_of_texts_and_comments() -> None:
    text = '// int main() {}\nconst char* s = "{";\nint main(int argc, char** argv) { if (argc) { } /* } */ }\nint a;\n'
    found = main_of(text)
    assert found is not None
    assert text[found.start : found.end] == text.splitlines()[2]
    assert main_of("void run() {}") is None and main_of("int main() {") is None


def test_a_main_that_says_nothing_returns_zero() -> None:
    assert returning("int main() { f(); }\n") == "int main() { f(); return 0; }\n"
    assert returning("void run() {}\n") == "void run() {}\n"
    assert returning(EMITTED).count("\n") == EMITTED.count("\n")


@pytest.mark.parametrize("right", ["return 0;", "// done\n", "", "\n\n"])
def test_the_same_main_in_other_words(right: str) -> None:
    assert not has_another_main(EMITTED.replace("::run();", f"::run();{right}"), EMITTED)
    assert not has_another_main(EMITTED.partition("int main")[0], EMITTED)


CHANGES = {
    "the seed": ("manual_seed(0)", "manual_seed(1)", "mismatch"),
    "no seed": ("torch::manual_seed(0);", "", "mismatch"),
    "a seed too late": (
        "torch::manual_seed(0);\n  {0}::run();", "{0}::run();\n  torch::manual_seed(0);", "mismatch",
    ),
    "nothing is run": ("  {0}::run();", "", "mismatch"),
    "run twice": ("{0}::run();", "{0}::run(); {0}::run();", "mismatch"),
    "it says what it returns": ("{0}::run();", "{0}::run();\n  return 0;", "match"),
    "it fails": ("{0}::run();", "{0}::run();\n  return 1;", "cpp_error"),
    "it has arguments": ("int main()", "int main(int argc, char** argv)", "match"),
    "a number that changes late": (".backward();", ".backward();\n  torch::manual_seed(7);\n  k += 1;", "mismatch"),
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    programs = []
    for number, (right, wrong, _) in enumerate(CHANGES.values()):
        name = f"changed_{number}"
        cpp = translate(SOURCE, filename=f"{name}.py").cpp
        programs.append(Program(f"{name}.py", SOURCE, cpp.replace(right.format(name), wrong.format(name))))
    return dict(zip(CHANGES, verify_programs(programs, VerifyOptions(timeout=60)), strict=True))


@pytest.mark.build
@pytest.mark.parametrize("name", CHANGES)
def test_what_main_does_counts(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].status == CHANGES[name][2], verdicts[name]
