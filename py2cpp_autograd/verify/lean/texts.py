"""Preprocessed headers as text: which files they come from, and which of them programs do without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_MARKER = re.compile(r'# \d+ "([^"]*)"([ \d]*)')
_FLAGS = re.compile(r'^(# \d+ "[^"\n]*")((?: \d)+)$', re.MULTILINE)
_STAND_IN = re.compile(r"^#system (\d+)\n", re.MULTILINE)

#: Parts of `<torch/all.h>` that no translated program needs.
_LEFT_OUT = {"data", "jit", "xpu"}
#: Kernels' declarations, which nothing public uses.
_INTERNAL = re.compile(r"ATen/ops/\w+_(native|meta)\.h$|ATen/Native(Meta)?Functions\.h$")
#: Operators behind the functions and methods of tensors: only bodies of these use them.
_BEHIND_BODIES = re.compile(r"ATen/ops/\w+_ops\.h$|ATen/(MethodOperators|Operators)\.h$")
#: The compiler's vector intrinsics, a megabyte, with all that they include.
_INTRINSICS = re.compile(r"/(immintrin|mm3dnow|fma4intrin|xopintrin|lwpintrin|ammintrin|tbmintrin)\.h$")


def without_nesting(text: str) -> str:
    """Preprocessed text whose markers do not say which file includes which: clang checks that, and parts are gone."""
    return _FLAGS.sub(lambda found: found[1] + "".join(f" {flag}" for flag in found[2].split() if flag in "34"), text)


def entry(api: Path) -> str:
    """What the lean headers begin as: `<torch/torch.h>` without the parts that programs do not need."""
    try:
        listed = re.findall(r"^#include <(torch/(\w+)\.h)>", (api / "torch/all.h").read_text("utf-8"), re.MULTILINE)
    except OSError:
        listed = []
    kept = [name for name, part in listed if part not in _LEFT_OUT] or ["torch/torch.h"]
    return "".join(f"#include <{name}>\n" for name in [*kept, "iostream"])


def files(text: str, root: str) -> set[str]:
    """The files under `root` that a preprocessed text comes from, relative to it."""
    return {name[len(root) :] for name, _ in _MARKER.findall(text) if name.startswith(root)}


def is_left_out(name: str) -> bool:
    """Whether a file's text is not in the lean headers."""
    return bool(_INTERNAL.search(name) or _BEHIND_BODIES.search(name))


def without_internals(text: str) -> str:
    """The text without what neither programs nor bodies use."""
    return "".join(line for line, name, _ in _lines(text) if not _INTERNAL.search(name))


def without_operators(text: str) -> str:
    """The text without what only bodies use."""
    return "".join(
        line
        for line, name, stack in _lines(text)
        if not _BEHIND_BODIES.search(name) and not any(map(_INTRINSICS.search, stack))
    )


def _lines(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each line with its file and the files that include it."""
    name, stack = "", [""]
    for line in text.splitlines(keepends=True):
        marker = _MARKER.match(line) if line.startswith("# ") else None
        if marker is not None:
            name, flags = marker[1], marker[2].split()
            if "1" in flags:
                stack.append(name)
            elif "2" in flags and len(stack) > 1:
                stack.pop()
        yield line, name, stack


def set_aside(text: str, root: str) -> tuple[str, list[str]]:
    """The text with a short line in place of each stretch that is not from under `root`, and these stretches."""
    lines: list[str] = []
    stretches: list[list[str]] = []
    outside = False
    for line, name, _ in _lines(text):
        if name.startswith(root):
            outside = False
            lines.append(line)
            continue
        if not outside:
            lines.append(f"#system {len(stretches)}\n")
            stretches.append([])
            outside = True
        stretches[-1].append(line)
    return "".join(lines), ["".join(stretch) for stretch in stretches]


def put_back(text: str, stretches: list[str]) -> str:
    """The opposite of `set_aside`."""
    return _STAND_IN.sub(lambda found: stretches[int(found[1])], text)
