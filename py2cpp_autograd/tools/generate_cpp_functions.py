"""Writes `mappings/cpp_functions.txt`: `python -m py2cpp_autograd.tools.generate_cpp_functions`. Needs clang++.

A call `square(x)` with a tensor considers the functions of namespace `at` too (argument-dependent lookup), so that a
function of the program with such a name must be called by its qualified name. The names are read off clang's syntax
tree of `<torch/torch.h>`.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.verify.toolchain import find_torch

#: The namespaces of the types that arguments of translated functions can have.
_NAMESPACES = frozenset(
    {("at",), ("c10",), ("torch",), ("torch", "nn"), ("torch", "autograd"), ("torch", "optim"), ("std",)}
    | {("std", "__cxx11")}
)
_DECLARATION = re.compile(r"^([| `-]*)(NamespaceDecl|FunctionDecl|FunctionTemplateDecl) 0x\w+ (.*)$")
_FUNCTION_NAME = re.compile(r"([A-Za-z_]\w*)(?: '.*)?$")
_HEADER = "# The functions that a call with LibTorch's types considers: see tools/generate_cpp_functions.py"


def function_names(tree: Iterable[str]) -> set[str]:
    """The names of the functions that stand directly in one of the namespaces, in clang's dump of a syntax tree."""
    return {name for namespace, name in _functions(tree) if namespace in _NAMESPACES and not name.startswith("_")}


def _functions(tree: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    open_namespaces: list[tuple[int, str]] = []
    for line in tree:
        found = _DECLARATION.match(line)
        if found is None:
            continue
        depth, kind, rest = len(found[1]) // 2, found[2], found[3]
        while open_namespaces and open_namespaces[-1][0] >= depth:
            open_namespaces.pop()
        if kind == "NamespaceDecl":
            words = [word for word in rest.split() if word not in ("inline", "nested")]
            open_namespaces.append((depth, words[-1]))
        elif open_namespaces and open_namespaces[-1][0] == depth - 1:
            name = _FUNCTION_NAME.search(rest)
            if name is not None:
                yield tuple(one for _, one in open_namespaces), name[1]


def dump() -> Iterator[str]:
    """Clang's syntax tree of `<torch/torch.h>`, line by line."""
    root, _ = find_torch()
    include = root / "include"
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "unit.cpp"
        unit.write_text("#include <torch/torch.h>\n", "utf-8")
        flags = ["-std=c++17", f"-I{include}", f"-I{include / 'torch/csrc/api/include'}", "-fno-color-diagnostics"]
        command = ["clang++", *flags, "-fsyntax-only", "-Xclang", "-ast-dump", str(unit)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as clang:
            assert clang.stdout is not None
            yield from clang.stdout


def main() -> None:
    """Write the file."""
    names = sorted(function_names(dump()))
    path = data_root() / "mappings" / "cpp_functions.txt"
    path.write_text("\n".join([_HEADER, *names]) + "\n", "utf-8")
    print(f"{path}: {len(names)} names")


if __name__ == "__main__":
    main()
