"""`py2cpp-autograd translate`: streams, exit status, formats, files, colours."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from py2cpp_autograd.cli import cli
from py2cpp_autograd.translate import Translation

GOOD = "import torch\n\nx = torch.ones(2, requires_grad=True)\n(x * 2).sum().backward()\n"
BAD = "import torch\n\nx = torch.ones(2)\ny = undefined_name + x\nz = x.sqare()\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.py"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.py"
    path.write_text(BAD)
    return path


def run(*arguments: object, stdin: str | bytes | None = None, env: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(cli, ["translate", *map(str, arguments)], input=stdin, env=env)


def the_file(result: Result) -> dict[str, object]:
    document = json.loads(result.stdout)
    assert document["schema_version"] == 1
    (file,) = document["files"]
    assert isinstance(file, dict)
    return file


def test_cpp_goes_to_standard_output(good: Path) -> None:
    result = run(good)
    assert result.exit_code == 0
    assert "torch::ones({2}" in result.stdout
    assert "namespace good {" in result.stdout
    assert result.stderr == ""


def test_a_refusal_prints_no_cpp(bad: Path) -> None:
    result = run(bad)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"{bad}:4:5: error[PCA201]" in result.stderr
    assert f"{bad}:5:7: error[PCA305]" in result.stderr
    assert "refused, 2 errors" in result.stderr


def test_output_file(good: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.cpp"
    result = run(good, "-o", target)
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_text() == run(good).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.py", "out.cpp"]


def test_a_refusal_leaves_the_output_file_alone(bad: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.cpp"
    target.write_text("before")
    assert run(bad, "-o", target).exit_code == 1
    assert target.read_text() == "before"
    assert run(bad, "-o", tmp_path / "new.cpp").exit_code == 1
    assert not (tmp_path / "new.cpp").exists()


def test_output_keeps_the_permissions_of_the_file(good: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.cpp"
    target.write_text("before")
    target.chmod(0o640)
    run(good, "-o", target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_output_through_a_symbolic_link(good: Path, tmp_path: Path) -> None:
    (tmp_path / "real.cpp").write_text("before")
    (tmp_path / "link.cpp").symlink_to("real.cpp")
    assert run(good, "-o", tmp_path / "link.cpp").exit_code == 0
    assert (tmp_path / "link.cpp").is_symlink()
    assert "torch::ones" in (tmp_path / "real.cpp").read_text()


@pytest.mark.parametrize("target", ["missing/out.cpp", ".", "good.py"])
def test_impossible_outputs(good: Path, tmp_path: Path, target: str) -> None:
    result = run(good, "-o", tmp_path / target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert good.read_text() == GOOD


@pytest.mark.parametrize("name", ["missing.py", ".", "fifo"])
def test_impossible_inputs(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    result = run(tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(tmp_path / name) in result.stderr or name == "."
    assert "Traceback" not in result.stderr


def test_standard_input() -> None:
    result = run("-", stdin=GOOD)
    assert result.exit_code == 0
    assert "torch::ones" in result.stdout
    refused = run("-", stdin=BAD)
    assert refused.exit_code == 1
    assert "<stdin>:4:5:" in refused.stderr
    named = run("-", "--stdin-filename", "net.py", stdin=GOOD)
    assert "namespace net {" in named.stdout


def test_json_of_a_translation(good: Path) -> None:
    result = run(good, "--format", "json")
    assert result.exit_code == 0
    file = the_file(result)
    assert set(file) == {"path", "status", "diagnostics", "cpp", "source_map"}
    assert (file["path"], file["status"], file["diagnostics"]) == (str(good), "translated", [])
    assert file["cpp"] == run(good).stdout
    assert isinstance(file["source_map"], list)
    assert set(file["source_map"][0]) == {"cpp", "py"}
    assert set(file["source_map"][0]["py"]["start"]) == {"line", "column"}


def test_json_of_a_refusal(bad: Path) -> None:
    result = run(bad, "--format", "json")
    assert result.exit_code == 1
    assert result.stderr == ""
    file = the_file(result)
    assert (file["status"], file["cpp"], file["source_map"]) == ("refused", "", [])
    assert isinstance(file["diagnostics"], list)
    first = file["diagnostics"][0]
    assert set(first) == {"code", "slug", "severity", "message", "help", "range"}
    assert first["range"] == {"start": {"line": 4, "column": 4}, "end": {"line": 4, "column": 18}}


@pytest.mark.parametrize("emit", ["ir", "map"])
def test_emit(good: Path, emit: str) -> None:
    result = run(good, "--emit", emit)
    assert result.exit_code == 0
    assert result.stdout.strip()
    if emit == "map":
        assert json.loads(result.stdout) == the_file(run(good, "--format", "json"))["source_map"]


def test_check_and_diff(good: Path, tmp_path: Path) -> None:
    assert run(good, "--check").exit_code == 1
    run(good, "-o", tmp_path / "good.cpp")
    assert run(good, "--check").exit_code == 0
    good.write_text(GOOD.replace("* 2", "* 3"))
    stale = run(good, "--check", "--diff")
    assert stale.exit_code == 1
    assert "+  (x * 3).sum().backward();" in stale.stdout
    assert run(good, "--diff").exit_code == 0
    assert "x * 2" in (tmp_path / "good.cpp").read_text()


def test_contradictions_are_usage_errors(good: Path) -> None:
    assert run("-", "--check", stdin=GOOD).exit_code == 2
    assert run(good, "--diff", "--format", "json").exit_code == 2
    assert run(good, "--emit", "ast").exit_code == 2


@pytest.mark.parametrize(
    ("options", "env", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour(bad: Path, options: list[str], env: dict[str, str | None], colored: bool) -> None:
    clean: dict[str, str | None] = {"NO_COLOR": None, "FORCE_COLOR": None}
    result = run(bad, *options, env=clean | env)
    assert ("\x1b[" in result.stderr) == colored


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"# coding: utf-7\nx = 1\n", "PCA105"),
        (b"x = '\xff'\n", "PCA105"),
        (b"# coding: no-such\nx = 1\n", "PCA105"),
        (b"x = 1\x00\n", "PCA101"),
        (b"x = " + b"(" * 5000 + b")" * 5000, "PCA101"),
    ],
)
def test_undecodable_and_unparsable(data: bytes, code: str) -> None:
    result = run("-", stdin=data)
    assert result.exit_code == 1
    assert f"error[{code}]" in result.stderr


@pytest.mark.parametrize("name", ["utf8", "UTF-8", "latin1", "windows-1252", "US-ASCII"])
def test_an_encoding_goes_by_any_of_its_names(name: str) -> None:
    assert run("-", stdin=f"# coding: {name}\nx = 1\n".encode()).exit_code == 0


def test_a_file_that_is_too_large_is_refused() -> None:
    result = run("-", stdin="x = 1\n" * 1_000_000)
    assert result.exit_code == 1
    assert "error[PCA106]" in result.stderr


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode(), b"", b"\n"])
def test_odd_but_good_files(data: bytes) -> None:
    assert run("-", stdin=data).exit_code == 0


def test_a_bug_of_ours_is_not_a_traceback(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **keywords: object) -> Translation:
        raise RuntimeError("boom")

    monkeypatch.setattr("py2cpp_autograd.cli.source.translate", fail)
    result = run(good, env={"PY2CPP_DEBUG": None})
    assert result.exit_code == 2
    assert "error[PCA699]" in result.stderr
    assert "boom" in result.stderr
    assert "Traceback" not in result.stderr
    assert isinstance(run(good, env={"PY2CPP_DEBUG": "1"}).exception, RuntimeError)
