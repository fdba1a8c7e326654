"""A part of a file: what an entry needs stays where it stood, the rest is left empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd import Options, VerifyOptions, translate, verify
from py2cpp_autograd.cli import cli
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.part import part_of

SOURCE = '''"""The file."""
import numpy as np
import torch
import torch.nn as nn

# The sizes.
SIZES = {"in": 4, "out": 2}
SIZES["hidden"] = 8
SCALES = np.ones(3)
DEPTH = 2; WIDTH = 3


# What plots.
def plot(data):
    return SCALES * data


def width(name: "str") -> int:
    SCALES = 1
    return SIZES[name] * SCALES


@torch.no_grad()
def reset(layer: "Head"):
    layer.fc.weight.zero_()


class Base(nn.Module):
    pass


class Head(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(width("in"), width("hidden"))

    def forward(self, x):
        return self.fc(x) * DEPTH


def get_init_inputs():
    return []


def get_inputs():
    return [torch.ones(2, 4)]


Model = Head
if __name__ == "__main__":
    print(plot(np.ones(3)))
'''


def kept(source: str, *names: str) -> list[str]:
    """The lines that are left, without the empty ones."""
    return [line for line in part_of(source, names).split("\n") if line]


def test_lines_stay_where_they_were() -> None:
    part = part_of(SOURCE, ["Head"]).split("\n")
    whole = SOURCE.split("\n")
    assert len(part) == len(whole)
    assert all(line in ("", known) for line, known in zip(part, whole, strict=True))


def test_what_a_class_needs_stays() -> None:
    lines = kept(SOURCE, "Head")
    assert lines[:4] == ['"""The file."""', "import torch.nn as nn", "# The sizes.", 'SIZES = {"in": 4, "out": 2}']
    assert "class Base(nn.Module):" in lines
    assert "def width(name: \"str\") -> int:" in lines
    assert "DEPTH = 2; WIDTH = 3" in lines


def test_what_changes_a_variable_is_needed_with_it() -> None:
    lines = kept(SOURCE + "plot(SIZES)\nplot(SCALES)\n", "width")
    assert 'SIZES["hidden"] = 8' in lines
    assert "plot(SIZES)" in lines  # it may change the dict
    assert "plot(SCALES)" not in kept(SOURCE + "plot(SCALES)\n", "width")
    assert "class Head(Base):" not in lines


def test_local_names_are_no_names_of_the_module() -> None:
    source = "a = 1\n\n\ndef f(a):\n    return a\n\n\ndef g():\n    a = 2\n    return [b for b in (a,)]\n\n\nb = 2\n"
    assert "a = 1" not in kept(source, "f", "g")
    assert "b = 2" not in kept(source, "f", "g")


def test_decorators_and_quoted_annotations_belong_to_a_function() -> None:
    lines = kept(SOURCE, "reset")
    assert "@torch.no_grad()" in lines
    assert "class Head(Base):" in lines


def test_a_star_import_stays_where_a_name_may_come_from_it() -> None:
    source = "from torch import *\n\n\ndef f(x):\n    return relu(x)\n\n\ndef g(x):\n    return len(x)\n"
    assert "from torch import *" in kept(source, "f")
    assert "from torch import *" not in kept(source, "g")


def test_an_unknown_entry_is_refused() -> None:
    with pytest.raises(Refusal, match="no function or class 'Tail'"):
        part_of(SOURCE, ["Tail"])
    found = translate(SOURCE, options=Options(entry=("Tail",)))
    assert [one.code for one in found.diagnostics] == ["PCA201"]


def test_what_is_not_needed_does_not_block() -> None:
    assert translate(SOURCE).status == "refused"
    found = translate(SOURCE, options=Options(entry=("Head",)))
    assert found.status == "translated", found.diagnostics
    assert "struct HeadImpl" in found.cpp and "numpy" not in found.cpp


def test_broken_files_are_left_to_the_parser() -> None:
    assert part_of("def f(:\n", ["f"]) == "def f(:\n"
    assert translate("def f(:\n", options=Options(entry=("f",))).status == "refused"


def test_a_file_that_does_not_compile_is_left_to_the_parser() -> None:
    refused = translate("def f(x):\n    return x\n\n\nreturn 3\n", options=Options(entry=("f",)))
    assert [found.code for found in refused.diagnostics] == ["PCA101"]


def test_the_command_takes_entries(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    result = CliRunner().invoke(cli, ["translate", str(path), "--entry", "Head", "--entry", "reset"])
    assert result.exit_code == 0, result.output
    assert "void reset(" in result.stdout and "struct HeadImpl" in result.stdout


@pytest.mark.build
def test_both_sides_see_the_part(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    source = SOURCE.replace("class Head(Base)", "class Model(Base)").replace('SIZES["hidden"] = 8', "")
    source = source.replace("hidden", "out")
    path.write_text(source.replace("Model = Head\n", "import missing_module\n"))
    (verdict,) = verify([path], options=VerifyOptions(entry=("Model", "get_inputs", "get_init_inputs")))
    assert verdict.status == "match", verdict.diagnostics
    assert verdict.gradients > 0
