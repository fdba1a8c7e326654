"""`explain`, `coverage` and `doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from py2cpp_autograd.cli import cli
from py2cpp_autograd.diagnostics import CODES
from py2cpp_autograd.table.coverage import STATES


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page_by_code_and_by_slug(code: str) -> None:
    result = run("explain", code)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"# {code}: {CODES[code].slug}")
    assert run("explain", CODES[code].slug).stdout == result.stdout
    assert run("explain", code.lower()).stdout == result.stdout


@pytest.mark.parametrize("name", ["torch.autograd.grad", "torch.Tensor.detach", "nn.Linear", "F.relu", "Tensor.sum"])
def test_a_name_shows_its_row(name: str) -> None:
    result = run("explain", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("# torch.")
    assert "Python" in result.stdout


def test_a_refused_name_says_why() -> None:
    result = run("explain", "torch.compile")
    assert result.exit_code == 0
    assert "refused  PCA401" in result.stdout


@pytest.mark.parametrize(("subject", "hint"), [("torch.autograd.gradd", "torch.autograd.grad"), ("PCA999", "PCA999")])
def test_an_unknown_subject(subject: str, hint: str) -> None:
    result = run("explain", subject)
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


def test_explain_as_json() -> None:
    page = json.loads(run("explain", "PCA402", "--format", "json").stdout)
    assert (page["schema_version"], page["kind"]) == (1, "diagnostic")
    row = json.loads(run("explain", "torch.autograd.grad", "--format", "json").stdout)
    assert row["row"] == "torch.autograd.grad"
    assert row["variants"][0]["sig"]


def test_coverage_counts_every_public_name() -> None:
    text = run("coverage").stdout
    assert "torch.nn.functional" in text
    document = json.loads(run("coverage", "--format", "json").stdout)
    names = [name for group in document["groups"] for state in STATES for name in group[state]]
    assert len(names) == len(set(names)) > 1500
    proven = {name for group in document["groups"] for name in group["proven"]}
    assert {"torch.autograd.grad", "torch.Tensor.backward", "torch.nn.Linear", "torch.zeros", "torch.abs"} <= proven
    assert not [name for group in document["groups"] for name in group["unknown"]]
    refused = [name for group in document["groups"] for name in group["refused"]]
    assert all(group["reasons"][name] for group in document["groups"] for name in group["refused"])
    assert "torch.compile" in refused


def test_the_page_of_coverage_is_what_the_command_writes() -> None:
    """But for its numbers, which the next sweep brings up to date."""
    page = (Path(__file__).parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert page.splitlines()[:6] == run("coverage", "--format", "markdown").stdout.splitlines()[:6]


def test_coverage_lists_names() -> None:
    assert "torch.autograd.grad\n" in run("coverage", "--list", "proven").stdout
    assert "torch.autograd.grad\n" not in run("coverage", "--list", "unknown").stdout


def test_doctor_finds_this_machine_ready() -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.stdout
    assert "FAIL" not in result.stdout


def test_doctor_names_the_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("doctor")  # import the command before imports are disturbed
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("doctor")
    assert result.exit_code == 2
    assert "FAIL torch" in result.stdout
    assert "pip install 'torch>=2.4'" in result.stdout
    assert "FAIL C++ compiler" in result.stdout


def test_doctor_sees_an_unwritable_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    document = json.loads(run("doctor", "--format", "json").stdout)
    (cache,) = [check for check in document["checks"] if check["name"] == "cache"]
    assert not cache["ok"]
    assert "XDG_CACHE_HOME" in cache["fix"]
