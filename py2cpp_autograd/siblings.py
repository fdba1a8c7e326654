"""The files of a project that a program imports: which they are, and reading them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from py2cpp_autograd.decode import decode
from py2cpp_autograd.quiet import without_warnings

#: A program imports at most these many characters of its own: more would take too long, and is refused (PCA105).
_MOST = 500_000


@dataclass(frozen=True)
class Siblings:
    """The files that a program may import by their paths below `root`, and the package that it lies in itself.

    `problems` are files that are there but cannot be read, with the reason.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    root: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    def shown(self, path: str) -> str:
        """A path as messages show it."""
        return os.path.join(self.root, *PurePosixPath(path).parts)

    def text_at(self, shown: str) -> str:
        """The text of a file by its path in messages."""
        return next((text for path, text in self.texts.items() if self.shown(path) == shown), "")

    def with_text(self, shown: str, text: str) -> Siblings:
        """The same with another text for the file at a path in messages."""
        texts = {path: text if self.shown(path) == shown else old for path, old in self.texts.items()}
        return replace(self, texts=texts)

    def __bool__(self) -> bool:
        return bool(self.texts) or bool(self.problems)


#: Of a program that imports no file of its project.
ALONE = Siblings()


def read_siblings(path: str, source: str) -> Siblings:
    """The siblings of the program at `path`: what it imports from its folder, or from the package that it lies in."""
    folder = os.path.dirname(path)
    root, package = folder, ""
    for _ in range(_depth(source, folder)):
        absolute = os.path.abspath(root)
        name = os.path.basename(absolute)
        if not name.isidentifier():
            break
        package = f"{name}.{package}" if package else name
        root = os.path.join(root, os.pardir) if root in ("", os.curdir) else os.path.dirname(root)
    siblings = _read(source, root, package)
    return siblings


def _depth(source: str, folder: str) -> int:
    """How many folders up the packages of the program begin: as far as its imports with dots in front reach."""
    levels = [node.level for node in _imports(source) if isinstance(node, ast.ImportFrom)]
    deepest = max(levels, default=0)
    while deepest and os.path.isfile(os.path.join(folder, *[os.pardir] * deepest, "__init__.py")):
        deepest += 1
    return deepest


def _read(source: str, root: str, package: str) -> Siblings:
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    waiting = [(source, package)]
    while waiting:
        text, inside = waiting.pop()
        for candidate in _candidates(text, inside):
            if candidate in texts or candidate in problems:
                continue
            place = Path(root, candidate)
            if not place.is_file():
                continue
            try:
                found = decode(place.read_bytes())
            except Exception as error:
                problems[candidate] = str(error)
                continue
            if sum(map(len, texts.values())) + len(found) > _MOST:
                problems[candidate] = f"all that is imported is longer than {_MOST:,} characters"
                continue
            texts[candidate] = found
            parent = candidate.removesuffix(".py").replace("/", ".")
            inner = parent.removesuffix(".__init__") if parent.endswith(".__init__") else parent.rpartition(".")[0]
            waiting.append((texts[candidate], inner))
    return Siblings(texts, package, root, problems)


def _imports(source: str) -> Iterator[ast.Import | ast.ImportFrom]:
    yield from (node for node in ast.walk(_parsed(source)) if isinstance(node, ast.Import | ast.ImportFrom))


def _parsed(source: str) -> ast.Module:
    """The tree of a module; an empty one where it is not Python."""
    try:
        with without_warnings():
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _candidates(source: str, package: str) -> Iterator[str]:
    """The files that the imports of a module may mean."""
    for node in _imports(source):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            parts = package.split(".") if package else []
            parents = parts[: len(parts) - node.level + 1] if node.level else []
            module = ".".join((*parents, *([node.module] if node.module else [])))
            modules = [module, *(f"{module}.{alias.name}" if module else alias.name for alias in node.names)]
        for name in modules:
            parts = [part for part in name.split(".") if part != "*"]
            for count in range(1, len(parts) + 1):
                stem = "/".join(parts[:count])
                yield from (f"{stem}/__init__.py", f"{stem}.py") if stem else ()


def names_in(source: str) -> Iterator[str]:
    """Every name that stands in a module, attributes and what it imports included; none where it is not Python."""
    for node in ast.walk(_parsed(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom(names=names):
                yield from (alias.name for alias in names)
