"""The wheel carries the data; an editable install finds the checkout's."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = "import torch\nx = torch.ones(2, requires_grad=True)\n(x * 2).sum().backward()\n"
#: The folders of data in a wheel, and the kinds of files in each.
DATA = {"mappings": {".toml", ".json", ".txt", ".md"}, "cpp_harness": {".h", ".cpp"}}
PROBE = f"""
import sys
from pathlib import Path
import py2cpp_autograd
from py2cpp_autograd.cli.pages import page_of
from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import load_table
translation = py2cpp_autograd.translate({PROGRAM!r}, filename="program.py")
assert translation.status == "translated", translation.diagnostics
assert page_of("PCA201")
assert len(load_table().cpp_functions) > 100
assert "backward" in load_table().public_names("torch.Tensor")
assert (data_root() / "cpp_harness" / "include" / "py2cpp" / "probe.h").is_file()
assert "torch" not in sys.modules
print(Path(py2cpp_autograd.__file__).parent)
print(data_root())
"""


def build(folder: Path, hook: str) -> Path:
    """The wheel that the build backend's `hook` writes into `folder`."""
    code = f"from hatchling.build import {hook}; print({hook}({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


def unpack(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_probe(setup: str, cwd: Path, path: str) -> list[Path]:
    environment = {**os.environ, "PYTHONPATH": path, "XDG_CACHE_HOME": str(cwd)}
    command = [sys.executable, "-P", "-c", setup + PROBE]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.split()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"), "build_wheel")


def test_wheel_holds_package_and_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    prefix = "py2cpp_autograd/"
    for folder, suffixes in DATA.items():
        files = {path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in suffixes}
        assert {path.suffix for path in files} == suffixes, folder
        assert {f"{prefix}_data/{path.relative_to(ROOT)}" for path in files} <= names
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "py2cpp_autograd").rglob("*.jinja")}
    assert templates
    assert templates <= names
    assert {f"{prefix}py.typed", f"{prefix}_data/mappings/cpp_functions.txt"} <= names
    assert f"{prefix}_data/diagnostics/PCA201.md" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    installed = unpack(wheel, tmp_path / "site")
    package, data = run_probe("", tmp_path, str(installed))
    assert package == installed / "py2cpp_autograd"
    assert data == package / "_data"


def test_editable_install_finds_the_checkout(tmp_path: Path) -> None:
    site = unpack(build(tmp_path, "build_editable"), tmp_path / "site")
    others = "sys.path[:] = [path for path in sys.path if not (pathlib.Path(path) / 'pyproject.toml').exists()]"
    setup = f"import pathlib, site, sys\n{others}\nsite.addsitedir({str(site)!r})\n"
    package, data = run_probe(setup, tmp_path, "")
    assert package == ROOT / "py2cpp_autograd"
    assert data == ROOT


def test_console_script_is_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert "py2cpp-autograd = py2cpp_autograd.cli:main" in archive.read(name).decode()
