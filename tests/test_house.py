"""The house rules, checked: layers, sizes, no PyTorch names in passes, every diagnostic shown and explained."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from py2cpp_autograd.diagnostics import CODES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "py2cpp_autograd"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HOUSED = [path for path in SOURCES if path.parent != PACKAGE / "demo" or path.name == "__init__.py"]
RESTRICTED = {"libcst", "jinja2", "torch", "torchgen", "numpy", "click", "pygls", "subprocess"}
BANNED_NAMES = {"util", "utils", "helper", "helpers", "manager", "handler", "common", "base", "misc"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def unit_of(path: Path) -> str:
    """The folder or module directly under the package that `path` belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def read_layers() -> tuple[dict[str, int], dict[str, set[str]]]:
    """The layer of each unit and what it may import from outside, from docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    layers: dict[str, int] = {}
    outside: dict[str, set[str]] = {}
    for level, units, extras in re.findall(r"^\| (\d) \w+ \| (.+?) \| ?(.*?) ?\|$", text, re.MULTILINE):
        names = re.findall(r"`(\w+)`", units)
        layers |= dict.fromkeys(names, int(level))
        for module, only in re.findall(r"`(\w+)`(?: \((\w+)\))?", extras):
            for unit in [only] if only else names:
                outside.setdefault(unit, set()).add(module)
    return layers, outside


LAYERS, OUTSIDE = read_layers()


def imports_of(path: Path) -> Iterator[str]:
    """The absolute names of the modules that `path` imports, wherever the import stands."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", HOUSED, ids=name_of)
def test_imports_follow_the_layers(path: Path) -> None:
    unit = unit_of(path)
    assert unit in LAYERS, f"docs/architecture.md has no layer for {unit}"
    for imported in imports_of(path):
        top, *rest = imported.split(".")
        if top == "py2cpp_autograd":
            other = rest[0] if rest and rest[0] in LAYERS else "__init__"
            permitted = LAYERS[other] <= LAYERS[unit] and {unit, other} != {"frontend", "backend"}
            # The version and the public names of the package are for shells; passes import the modules.
            assert permitted, f"{unit} (layer {LAYERS[unit]}) imports {imported} (layer {LAYERS[other]})"
        elif top in RESTRICTED:
            assert top in OUTSIDE.get(unit, set()), f"{unit} may not import {top}"


def test_every_layer_of_the_document_exists() -> None:
    units = {unit_of(path) for path in SOURCES}
    assert units == set(LAYERS)


def functions() -> Iterator[tuple[str, int]]:
    """Where each function is, and its number of lines without its docstring."""
    for path in HOUSED:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = node.body[0] if ast.get_docstring(node) else None
                documented = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
                size = (node.end_lineno or 0) - node.lineno + 1 - documented
                yield f"{name_of(path)}:{node.lineno} {node.name}", size


def test_functions_are_small() -> None:
    sizes = dict(functions())
    long = {place: size for place, size in sizes.items() if size > 60}
    assert not long
    assert statistics.quantiles(sizes.values(), n=10)[-1] < 42
    assert statistics.median(sizes.values()) <= 14


def is_catalogue(path: Path) -> bool:
    """Whether the module is a list of data classes, without a function: it may be as long as the list is."""
    return not any(isinstance(node, ast.FunctionDef) for node in tree_of(path).body)


@pytest.mark.parametrize("path", HOUSED + TESTS, ids=name_of)
def test_modules_are_small_and_well_named(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400 or (is_catalogue(path) and lines <= 1000), f"{lines} lines"
    assert path.stem not in BANNED_NAMES


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module, docstrings aside."""
    tree = tree_of(path)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    owners = [node for node in ast.walk(tree) if isinstance(node, documented)]
    docstrings = {id(owner.body[0].value) for owner in owners if owner.body and isinstance(owner.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


PASSES = [path for path in SOURCES if unit_of(path) in {"frontend", "backend"} and "hooks" not in path.parts]


@pytest.mark.parametrize("path", PASSES, ids=name_of)
def test_passes_hold_no_api_names(path: Path) -> None:
    found = [(line, text) for line, text in literals(path) if re.search(r"\btorch\.(?!h\b)\w", text)]
    assert not found, "PyTorch's names belong in mappings/ (or in backend/hooks/)"


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name_of)
def test_no_shortcuts(path: Path) -> None:
    if path == Path(__file__):
        return
    text = path.read_text(encoding="utf-8")
    for pattern in (r"#\s*noqa", r"#\s*type:\s*ignore", r"\bTODO\b", r"\bFIXME\b", r"\bXXX\b"):
        assert not re.search(pattern, text), pattern
    if path in TESTS:
        assert not re.search(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)|unittest\.skip", text)


#: Codes that no Markdown case can show: bytes, sizes, bugs, and what only a run can find.
NEEDS_A_TEST = {code for code in CODES if code >= "PCA600"} | {"PCA105", "PCA106", "PCA207"}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_shown_and_explained(code: str) -> None:
    page = ROOT / "docs" / "diagnostics" / f"{code}.md"
    assert page.is_file(), "no page"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {code}: {CODES[code].slug}\n")
    for section in ("## What it means", "## Why", "## Example", "## Write instead"):
        assert section in text, section
    cases = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "cases").rglob("*.md"))
    shown = re.search(rf"# error: \d+ \[{code}\]", cases)
    tested = any(code in path.read_text(encoding="utf-8") for path in TESTS)
    assert shown or (code in NEEDS_A_TEST and tested), "no golden case"


def test_pages_and_codes_agree() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "diagnostics").glob("PCA*.md")}
    assert pages == set(CODES)
