"""Where two runs part: the first statement behind which a value, or its gradient, is not the same on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from py2cpp_autograd.verify.bits import first_difference
from py2cpp_autograd.verify.compare import differences
from py2cpp_autograd.verify.trace import Step, Trace, Tree
from py2cpp_autograd.verify.verdict import Divergence, Mismatch

#: The line of the last step of a side that has written down so much that it writes no more.
_NO_MORE = 0
#: How far is looked for the step of the other side.
_AHEAD = 100


def first_divergence(python: Trace, cpp: Trace, alike: bool = False) -> Divergence | None:
    """The first statement that gave different values, of two runs that wrote down what each statement changed.

    `alike`: both runs are of texts that take the same steps unless they compute something else, which those of Python
    and its translation need not do: a loop may be written out, a method stand where it is called.
    """
    left: dict[str, Tree] = {}
    right: dict[str, Tree] = {}
    lines = {_key(step) for step in python.steps} & {_key(step) for step in cpp.steps} | {(_NO_MORE, False)}
    both = [list(_runs(step for step in side.steps if _key(step) in lines)) for side in (python, cpp)]
    for a, b in _aligned(*both):
        if _NO_MORE in (a and a.line, b and b.line):
            return None
        if alike and (a is None or b is None):
            return _parted(a, b)
        left |= a.changed if a is not None and not a.inner else {}
        right |= b.changed if b is not None and not b.inner else {}
        if a is None or b is None:
            continue
        x, y = (a.changed, b.changed) if a.inner else (left, right)
        for name in sorted({*a.changed, *b.changed} & x.keys() & y.keys()):
            for mismatch in differences(name, x[name], y[name]):
                return _described(a.caller or a.line, mismatch, x[name], y[name])
    return None


def with_callers(trace: Trace, python: Trace) -> Trace:
    """A trace of C++ with the lines that called its functions, which those of Python know."""
    callers: dict[int, list[int]] = {}
    for step in reversed(python.steps):
        if step.caller is not None:
            callers.setdefault(step.line, []).append(step.caller)
    steps = [
        replace(step, caller=callers[step.line].pop()) if step.caller == 0 and callers.get(step.line) else step
        for step in trace.steps
    ]
    return replace(trace, steps=steps)


def _key(step: Step) -> tuple[int, bool]:
    return step.line, step.inner


def _aligned(a: Sequence[Step], b: Sequence[Step]) -> Iterator[tuple[Step | None, Step | None]]:
    """The steps of both sides in pairs; one that the other side does not take there is alone."""
    i = j = 0
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and _key(a[i]) == _key(b[j]):
            yield a[i], b[j]
            i, j = i + 1, j + 1
        elif j == len(b) or (i < len(a) and _distance(a, i, b, j) <= _distance(b, j, a, i)):
            yield a[i], None
            i += 1
        else:
            yield None, b[j]
            j += 1


def _distance(one: Sequence[Step], start: int, other: Sequence[Step], at: int) -> int:
    """How many steps one side takes until it takes that of the other."""
    for distance, step in enumerate(one[start : start + _AHEAD]):
        if _key(step) == _key(other[at]):
            return distance
    return _AHEAD


def _parted(python: Step | None, cpp: Step | None) -> Divergence:
    """Two sides that run different statements from here on."""
    first = python or cpp
    assert first is not None
    a, b = (f"line {first.line} is {'not ' * (step is None)}run" for step in (python, cpp))
    return Divergence(first.line, "", a, b)


def _runs(steps: Iterator[Step] | Sequence[Step]) -> Iterator[Step]:
    """Steps of the same line in a row as one: a statement of Python may be several of C++."""
    last: Step | None = None
    for step in steps:
        if last is not None and (last.line, last.inner, step.caller) == (step.line, step.inner, None):
            step = replace(last, changed={**last.changed, **step.changed})
        elif last is not None:
            yield last
        last = step
    if last is not None:
        yield last


def _described(line: int, mismatch: Mismatch, left: Tree, right: Tree) -> Divergence:
    """A difference with the first element that differs."""
    a, b = _tensors(mismatch.path, left), _tensors(mismatch.path, right)
    is_told = a is not None and b is not None and a["shape"] == b["shape"] and "bits" in a and "bits" in b
    if mismatch.kind in ("value", "gradient") and is_told and a is not None and b is not None:
        found = first_difference(a["dtype"], a["bits"], b["bits"])
        if found is not None:
            index, x, y = found
            return Divergence(
                line, f"{mismatch.path}{_place(index, a['shape'])}", f"{x}, {mismatch.python}", f"{y}, {mismatch.cpp}",
                mismatch.max_ulp,
            )  # fmt: skip
    return Divergence(line, mismatch.path, mismatch.python, mismatch.cpp, mismatch.max_ulp)


def _tensors(path: str, tree: Tree) -> Tree | None:
    """The tensor that a path ends in, when it is the recorded value itself or its gradient."""
    for _ in range(path.count(".grad")):
        tree = tree.get("grad") or {}
    return tree if tree.get("k") == "tensor" else None


def _place(index: int, shape: Sequence[int]) -> str:
    """An index into the flat elements as one into the tensor."""
    places: list[int] = []
    for size in reversed(shape):
        places.append(index % size)
        index //= size
    return f"[{', '.join(map(str, reversed(places)))}]" if shape else ""
