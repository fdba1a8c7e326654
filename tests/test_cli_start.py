"""How the command starts: at once, without what it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd import __version__
from py2cpp_autograd.cli import cli
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.remembered import Memory
from py2cpp_autograd.verify.toolchain import find_toolchain
from py2cpp_autograd.verify.verdict import Verdict

HEAVY = ("libcst", "jinja2", "torch", "tomllib")


def loaded_after(arguments: list[str]) -> set[str]:
    """The heavy modules that are loaded after the command ran."""
    code = (
        "import sys\nfrom py2cpp_autograd.cli import cli\n"
        f"try:\n    cli({arguments!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split("LOADED")[1].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["explain", "PCA201"]])
def test_light_commands_load_nothing_heavy(arguments: list[str]) -> None:
    assert not loaded_after(arguments)


def test_translate_never_loads_torch(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import torch\nx = torch.ones(2)\n")
    assert "torch" not in loaded_after(["translate", str(program), "-o", str(tmp_path / "out.cpp")])


def test_what_is_remembered_is_answered_without_loading_the_translator(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import torch\nimport layers\nx = torch.ones(2) * layers.K\n")
    (tmp_path / "layers.py").write_text("K = 2\n")
    verdict = Verdict(str(program), "match", values=1)
    memory = Memory.of(cache_root(), find_toolchain(), 0)
    memory.remember(memory.key(program), verdict)
    heavy = loaded_after(["verify", str(program)])
    assert not heavy | (loaded_after(["check", "--format", "json", str(program)]) - {"tomllib"})


def test_version() -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"py2cpp-autograd, version {__version__}\n"


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(cli, ["--help"]).stdout
    for name in ("translate", "verify", "check", "demo", "explain", "coverage", "doctor"):
        assert f"  {name} " in text
        assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["no-such"], ["--no-such"], ["translate"], ["explain"]])
def test_usage_errors(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


def test_module_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "py2cpp_autograd", "--version"], capture_output=True, text=True, check=True
    )
    assert __version__ in done.stdout


def test_a_closed_pipe_is_not_a_traceback() -> None:
    command = f"{sys.executable} -m py2cpp_autograd explain PCA201 | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
