"""What `check` finds: the configuration and the programs of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from py2cpp_autograd.cli.project import Project, find_programs, find_project
from py2cpp_autograd.cli.terminal import Failure

TORCH = "import torch\n"


def lay_out(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def names(root: Path, programs: list[Path]) -> list[str]:
    return [path.relative_to(root).as_posix() for path in programs]


def test_without_configuration_every_program_that_imports_torch(tmp_path: Path) -> None:
    files = {"a.py": TORCH, "sub/b.py": "from torch import nn\n", "c.py": "x = 1\n", "d.txt": TORCH}
    hidden = {".venv/lib/e.py": TORCH, "build/f.py": TORCH}
    lay_out(tmp_path, files | hidden)
    project = find_project(tmp_path)
    assert names(tmp_path, find_programs([], project)) == ["a.py", "sub/b.py"]


def test_include_and_exclude(tmp_path: Path) -> None:
    config = '[tool.py2cpp-autograd]\ninclude = ["models/**/*.py"]\nexclude = ["models/old/*"]\nseed = 7\n'
    files = {"pyproject.toml": config, "models/a.py": TORCH, "models/x/b.py": TORCH, "models/old/c.py": TORCH}
    lay_out(tmp_path, files | {"d.py": TORCH})
    project = find_project(tmp_path / "models")
    assert (project.root, project.seed) == (tmp_path, 7)
    assert names(tmp_path, find_programs([], project)) == ["models/a.py", "models/x/b.py"]


def test_paths_are_files_or_folders(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.py": "x = 1\n", "m/b.py": TORCH, "m/c.py": "x = 1\n"})
    project = Project(tmp_path)
    assert names(tmp_path, find_programs([str(tmp_path / "a.py"), str(tmp_path / "m")], project)) == ["a.py", "m/b.py"]
    with pytest.raises(Failure, match="No such file"):
        find_programs([str(tmp_path / "missing")], project)


def test_pairs(tmp_path: Path) -> None:
    config = '[tool.py2cpp-autograd]\npairs = { "a.py" = "cpp/a.cpp" }\n'
    lay_out(tmp_path, {"pyproject.toml": config, "a.py": TORCH, "b.py": TORCH})
    project = find_project(tmp_path)
    assert project.counterpart(tmp_path / "a.py") == tmp_path / "cpp" / "a.cpp"
    assert project.counterpart(tmp_path / "b.py") is None
    assert project.counterpart(Path("/elsewhere/b.py")) is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('inclde = ["*.py"]', "did you mean 'include'"),
        ('include = "*.py"', "must be a list"),
        ("seed = true", "must be a int"),
        ('pairs = { "missing.py" = "a.cpp" }', "does not exist"),
        ("seed = ", "Invalid value"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, config: str, message: str) -> None:
    lay_out(tmp_path, {"pyproject.toml": f"[tool.py2cpp-autograd]\n{config}\n"})
    with pytest.raises(Failure, match=message):
        find_project(tmp_path)


def test_other_pyprojects_are_passed_over(tmp_path: Path) -> None:
    lay_out(tmp_path, {"pyproject.toml": "[tool.py2cpp-autograd]\nseed = 3\n", "sub/pyproject.toml": "[project]\n"})
    assert find_project(tmp_path / "sub").seed == 3
