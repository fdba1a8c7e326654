"""`py2cpp-autograd doctor`: what this machine lacks for verification, and the command that fixes it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from py2cpp_autograd.cli.terminal import color_option, print_text, use_color
from py2cpp_autograd.diagnostics_text import paint


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and the command that fixes it when `ok` is false."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@color_option
def command(format_: str, color: str) -> None:
    """Check this machine and say how to fix it. Exit status: 0 = ready to verify, 2 = something is missing."""
    checks = examine()
    if format_ == "json":
        rows = [{"name": one.name, "ok": one.ok, "detail": one.detail, "fix": one.fix} for one in checks]
        print_text(json.dumps({"schema_version": 1, "checks": rows}, indent=2) + "\n")
    else:
        colored = use_color(color, sys.stdout)
        print_text("".join(_line(one, colored) for one in checks))
    sys.exit(0 if all(one.ok for one in checks) else 2)


def _line(check: Check, color: bool) -> str:
    mark = paint("ok  ", "help", color) if check.ok else paint("FAIL", "error", color)
    fix = "" if check.ok else f"     fix: {check.fix}\n"
    return f"{mark} {check.name}: {check.detail}\n{fix}"


def examine() -> list[Check]:
    """Every check of this machine, cheapest first. Nothing is imported from torch and nothing is run."""
    return [_python(), _torch(), _compiler(), _tool("cmake"), _tool("ninja"), _cache()]


def _python() -> Check:
    found = platform.python_version()
    return Check("Python", sys.version_info >= (3, 11), f"{found} ({sys.executable})", "install Python 3.11 or newer")


def _torch() -> Check:
    fix = f"{sys.executable} -m pip install 'torch>=2.4'"
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return Check("torch", False, "not installed for this Python", fix)
    release = importlib.metadata.version("torch")
    header = Path(spec.origin).parent / "include" / "torch" / "csrc" / "api" / "include" / "torch" / "torch.h"
    if not header.is_file():
        return Check("torch", False, f"{release} has no C++ headers", fix)
    numbers = tuple(int(part) for part in re.findall(r"\d+", release)[:2])
    return Check("torch", numbers >= (2, 4), f"{release} with LibTorch's headers", fix)


def _compiler() -> Check:
    candidates = [os.environ.get("CXX", ""), "g++", "clang++", "c++"]
    fix = "xcode-select --install" if sys.platform == "darwin" else "sudo apt install g++"
    for candidate in filter(None, candidates):
        found = shutil.which(candidate)
        if found:
            return Check("C++ compiler", True, found)
    return Check("C++ compiler", False, "neither $CXX nor g++ nor clang++ was found", fix)


def _tool(name: str) -> Check:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name) or shutil.which(name, path=beside)
    return Check(name, found is not None, found or "not found", f"{sys.executable} -m pip install {name}")


def _cache() -> Check:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Check("cache", True, f"{folder} is writable")
    except OSError as error:
        fix = "set XDG_CACHE_HOME to a folder that can be written"
        return Check("cache", False, f"{folder}: {error.strerror or error}", fix)


def cache_folder() -> Path:
    """Where builds and verdicts are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "py2cpp-autograd"
