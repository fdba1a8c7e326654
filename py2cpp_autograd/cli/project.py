"""A project as `check` sees it: `[tool.py2cpp-autograd]` of pyproject.toml, and the programs that it names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from py2cpp_autograd.cli.terminal import Failure
from py2cpp_autograd.nearest import did_you_mean

_TABLE = "py2cpp-autograd"
_USES_TORCH = re.compile(rb"^\s*(?:import|from)\s+torch\b", re.MULTILINE)
_NEVER = ("*/.*", ".*", "build/*", "dist/*", "*/node_modules/*", "*/site-packages/*")
_SHAPES: dict[str, type] = {"include": list, "exclude": list, "seed": int, "pairs": dict}


@dataclass(frozen=True, slots=True)
class Project:
    """Where a project is, which programs it has, and which translations of them are committed (`pairs`)."""

    root: Path
    include: tuple[str, ...] = ("*.py",)
    exclude: tuple[str, ...] = ()
    seed: int = 0
    pairs: Mapping[str, str] = field(default_factory=dict)

    def programs(self) -> list[Path]:
        """The .py files that `include` names, `exclude` does not, and that import torch; sorted."""
        candidates = (path for path in self.root.rglob("*.py") if path.is_file())
        return sorted(path for path in candidates if self._is_program(path))

    def _is_program(self, path: Path) -> bool:
        name = path.relative_to(self.root).as_posix()
        chosen = _matches(name, self.include) and not _matches(name, (*_NEVER, *self.exclude))
        return chosen and _USES_TORCH.search(path.read_bytes()) is not None

    def counterpart(self, program: Path) -> Path | None:
        """The committed C++ of a program: the one that `pairs` names; None when there is none."""
        if not program.is_relative_to(self.root):
            return None
        named = self.pairs.get(program.relative_to(self.root).as_posix())
        return None if named is None else self.root / named


def _matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a path fits a glob; `**/` may also stand for nothing, and `*` may cross folders."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace("**/", "")) for pattern in patterns)


def find_project(start: Path) -> Project:
    """The project that `start` lies in: the nearest pyproject.toml with our table, else the folder itself."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        path = candidate / "pyproject.toml"
        if path.is_file():
            table = _read(path).get("tool", {}).get(_TABLE)
            if table is not None:
                return _project(path, table)
    return Project(folder)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from None


def _project(path: Path, table: dict[str, Any]) -> Project:
    for key, value in table.items():
        if key not in _SHAPES:
            meant = did_you_mean(key, _SHAPES)
            hint = f"; {meant}" if meant else ""
            raise Failure(f"{path}: [tool.{_TABLE}] has no key {key!r}{hint}")
        if not isinstance(value, _SHAPES[key]) or isinstance(value, bool):
            raise Failure(f"{path}: [tool.{_TABLE}] {key} must be a {_SHAPES[key].__name__}")
    project = Project(
        path.parent,
        tuple(map(str, table.get("include", ("*.py",)))),
        tuple(map(str, table.get("exclude", ()))),
        table.get("seed", 0),
        {str(key): str(value) for key, value in table.get("pairs", {}).items()},
    )
    for program in project.pairs:
        if not (path.parent / program).is_file():
            raise Failure(f"{path}: pairs names {program!r}, which does not exist")
    return project


def find_programs(paths: Iterable[str], project: Project) -> list[Path]:
    """The programs to check: those under `paths`, or all of the project's when there are none."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found += [one for one in project.programs() if one.is_relative_to(path.resolve())]
        elif path.is_file():
            found.append(path.resolve())
        else:
            raise Failure(f"{name}: No such file or directory")
    chosen = found if paths else project.programs()
    return list(dict.fromkeys(chosen))
