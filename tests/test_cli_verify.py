"""`verify`, `check` and `demo`: what they print, what they return, what they remember."""

from __future__ import annotations

import json
import uuid
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from py2cpp_autograd.cli import cli

GOOD = "import torch\nx = torch.ones(2, requires_grad=True)\n(x * 2).sum().backward()\n"
OTHER = "import torch\nw = torch.randn(3, requires_grad=True)\n(w * w).sum().backward()\n"
REFUSED = "import torch\nx = torch.ones(2)\ny = undefined_name + x\n"
FAILING = "import torch\nx = torch.ones(2)\nx.sum().backward()\n"
WRONG = """\
#include <torch/torch.h>
#include "py2cpp/probe.h"

int main() {
  torch::manual_seed(0);
  auto x = torch::ones({2}, torch::requires_grad());
  (x * 3).sum().backward();
  py2cpp::record("x", x);
}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    programs = {"good": GOOD, "other": OTHER, "refused": REFUSED, "failing": FAILING}
    for name, text in programs.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "wrong.cpp").write_text(WRONG)
    return tmp_path


def test_verify_as_json(folder: Path) -> None:
    result = run("verify", folder / "good.py", folder / "refused.py", folder / "failing.py", "--format", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["schema_version"] == 1
    good, refused, failing = document["files"]
    assert (good["path"], good["status"], good["bitwise"]) == (str(folder / "good.py"), "match", True)
    assert good["compared"]["gradients"] == 1
    assert good["mismatches"] == []
    assert {"translate", "build", "run_python", "run_cpp"} == set(good["timings"])
    assert refused["status"] == "refused"
    assert refused["diagnostics"][0]["code"] == "PCA201"
    assert failing["status"] in {"match", "python_error"}


def test_verify_of_cpp_by_hand_finds_the_wrong_gradient(folder: Path) -> None:
    result = run("verify", folder / "good.py", "--cpp", folder / "wrong.cpp", "--format", "json")
    assert result.exit_code == 1
    (file,) = json.loads(result.stdout)["files"]
    assert file["status"] == "mismatch"
    assert any("x" in found["path"] for found in file["mismatches"])


def test_verify_writes_its_report_to_a_file(folder: Path) -> None:
    report = folder / "report.xml"
    result = run("verify", folder / "good.py", "--format", "junit", "--output", report)
    assert (result.exit_code, result.stdout) == (0, "")
    assert ElementTree.parse(report).getroot().tag in {"testsuites", "testsuite"}


def test_verify_usage_errors(folder: Path) -> None:
    assert run("verify").exit_code == 2
    assert run("verify", folder / "missing.py").exit_code == 2
    assert run("verify", folder / "good.py", folder / "other.py", "--cpp", folder / "wrong.cpp").exit_code == 2
    assert run("verify", folder / "good.py", "--cpp", folder / "missing.cpp").exit_code == 2
    assert run("verify", folder / "good.py", "--timeout", "0").exit_code == 2


@pytest.mark.parametrize("arguments", [("verify", "good.py"), ("check",), ("demo",)])
def test_without_a_compiler(arguments: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    result = run(*arguments)
    assert result.exit_code == 2
    assert "PCA702" in result.stderr
    assert "sudo apt-get install g++" in result.stderr


def test_check_remembers_what_matched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("refused", "failing"):
        (folder / f"{name}.py").unlink()
    # A text that no earlier run of the tests has verified, in the cache that has LibTorch's headers compiled.
    (folder / "good.py").write_text(f"{GOOD}# {uuid.uuid4()}\n")
    (folder / "other.py").write_text(f"{OTHER}# {uuid.uuid4()}\n")
    monkeypatch.chdir(folder)
    first = run("check")
    assert first.exit_code == 0, first.output
    assert "2 programs: 2 match" in first.output
    again = run("check")
    assert again.exit_code == 0
    assert "2 unchanged" in again.output
    (folder / "good.py").write_text(REFUSED)
    changed = run("check", "--format", "json")
    assert changed.exit_code == 1
    assert {file["status"] for file in json.loads(changed.stdout)["files"]} == {"refused", "match"}


def test_check_sees_cpp_that_is_out_of_date(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").write_text(
        '[tool.py2cpp-autograd]\ninclude = ["good.py"]\npairs = { "good.py" = "good.cpp" }\n'
    )
    missing = run("check")
    assert missing.exit_code == 1
    assert "good.cpp is out of date" in missing.output
    assert run("translate", "good.py", "-o", "good.cpp").exit_code == 0
    assert run("check").exit_code == 0
    github = run("check", "--format", "github")
    assert (github.exit_code, github.stdout) == (0, "")
    (folder / "good.cpp").write_text("// by hand\n")
    assert "::error " in run("check", "--format", "github").stdout


def test_check_of_nothing_is_not_a_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("check")
    assert result.exit_code == 2
    assert "no programs" in result.stderr
    (tmp_path / "empty").mkdir()
    (tmp_path / "good.py").write_text(GOOD)
    assert run("check", "good.py", "empty").exit_code == 2


def test_demo_shows_the_way_and_the_mistake() -> None:
    result = run("demo")
    assert result.exit_code == 0, result.output
    assert "torch.autograd.grad(output, input, grad_outputs=grad_output, create_graph=True)" in result.stdout
    assert "/*retain_graph=*/std::nullopt, /*create_graph=*/true" in result.stdout
    assert "match" in result.stdout
    assert "mismatch" in result.stdout
    assert "model.weight" in result.stdout
