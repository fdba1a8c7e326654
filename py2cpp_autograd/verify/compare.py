"""Compares two traces, purely: bit for bit, and everything that autograd adds to a value.

The order of the criterion: the outcome, the prints, the names, then for each value presence (None is not zero),
dtype, shape, requires_grad, is_leaf, grad_fn, bits (any NaN equals any NaN, -0.0 is not 0.0), and the gradient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from struct import pack

from py2cpp_autograd.verify.bits import difference, first_values
from py2cpp_autograd.verify.trace import Event, Failure, Trace, Tree
from py2cpp_autograd.verify.verdict import Mismatch, MismatchKind

#: Python's exception classes, by the C++ class that stands for each; all others are plain errors.
_CPP_CLASSES = {
    "c10::IndexError": "IndexError",
    "c10::ValueError": "ValueError",
    "c10::TypeError": "TypeError",
    "c10::NotImplementedError": "NotImplementedError",
    "std::out_of_range": "IndexError",
    "py2cpp::Exit": "SystemExit",
}
#: What a `raise` of the program throws.
_RAISED = re.compile(r"py2cpp::RaisedAs<(?:.*::)?(\w+)>$")
#: What each side says of a device that its build of torch does not know.
_NOT_COMPILED = "Torch not compiled with"
_NO_BACKEND = re.compile(r"with arguments from the '\w+' backend")
_NODE = re.compile(r"^([A-Za-z_]\w*Backward)\d*$")
_CPP_NODE = re.compile(r"^torch::autograd::CppNode<(?:.*::)?(\w+)>$")
_METADATA = ("dtype", "shape", "layout", "requires_grad", "is_leaf")


@dataclass
class Comparison:
    """What comparing found: differences, and how much was compared."""

    mismatches: list[Mismatch] = field(default_factory=list)
    values: int = 0
    gradients: int = 0
    max_ulp: int = 0

    def differ(
        self, path: str, kind: MismatchKind, python: object, cpp: object, worst: tuple[float, int] | None = None
    ) -> None:
        """Note a difference."""
        max_abs, max_ulp = worst if worst is not None else (None, None)
        self.max_ulp = max(self.max_ulp, max_ulp or 0)
        self.mismatches.append(Mismatch(path, kind, str(python), str(cpp), max_abs, max_ulp))


def compare(python: Trace, cpp: Trace) -> Comparison:
    """Compare what Python recorded with what C++ recorded."""
    found = Comparison()
    _outcome(found, python.error, cpp.error)
    _events(found, python, cpp)
    for name in sorted({*python.records, *cpp.records}):
        a, b = python.records.get(name), cpp.records.get(name)
        if a is None or b is None:
            if not _is_of_objects(a) and not _is_of_objects(b):
                found.differ(name, "presence", _shown(a), _shown(b))
            continue
        _tree(found, name, a, b)
    if python.generator != cpp.generator and not found.mismatches and python.error is None:
        found.differ("torch.get_rng_state()", "value", python.generator, cpp.generator)
    return found


def differences(name: str, python: Tree, cpp: Tree) -> list[Mismatch]:
    """The differences of one value."""
    found = Comparison()
    _tree(found, name, python, cpp)
    return found.mismatches


def _is_of_objects(tree: Tree | None) -> bool:
    """Whether a value may be one that the other side has no record of: an object, or a list of objects."""
    if tree is not None and tree["k"] == "seq":
        return bool(tree["items"]) and all(map(_is_of_objects, tree["items"]))
    return tree is not None and tree["k"] in ("opaque", "object")


def _is_opaque(tree: Tree | None) -> bool:
    return tree is not None and tree["k"] == "opaque"


def _outcome(found: Comparison, python: Failure | None, cpp: Failure | None) -> None:
    if python is None and cpp is None:
        return
    if python is None or cpp is None or not _same_failure(python, cpp):
        found.differ("outcome", "outcome", _described(python), _described(cpp))


def _same_failure(python: Failure, cpp: Failure) -> bool:
    if python.own:  # the program's own `raise`, or its `assert`
        return _same_class(python.type, cpp.type) and python.message == cpp.message
    lacks_device = _NOT_COMPILED in python.message and _NO_BACKEND.search(cpp.message) is not None
    return lacks_device or _same_class(python.type, cpp.type)


def _described(failure: Failure | None) -> str:
    return "no error" if failure is None else f"{failure.type}: {failure.message[:300]}"


def _same_class(python: str, cpp: str) -> bool:
    raised = _RAISED.match(cpp)
    if raised is not None and raised[1] != "OtherError":  # which stands for several of Python's
        return python == ("RuntimeError" if raised[1] == "Error" else raised[1].rstrip("_"))
    named = _CPP_CLASSES.get(cpp)
    return named is None or named == python or (named == "IndexError" and python == "KeyError")


def _events(found: Comparison, python: Trace, cpp: Trace) -> None:
    for index, (a, b) in enumerate(zip_longest(python.events, cpp.events)):
        path = f"print[{index}]"
        if a is None or b is None:
            found.differ(path, "event", _event(a), _event(b))
            return
        if len(a.values) != len(b.values):
            found.differ(path, "event", _event(a), _event(b))
            continue
        before = len(found.mismatches)
        for position, (x, y) in enumerate(zip(a.values, b.values, strict=True)):
            _tree(found, f"{path}[{position}]", x, y)
        if len(found.mismatches) == before:
            _text(found, path, a, b)


def _text(found: Comparison, path: str, a: Event, b: Event) -> None:
    """What was written; where the text cannot be told, that something was, and how it ends."""
    expected = _expected_text(a, b)
    if expected is not None and expected != b.written:
        found.differ(path, "event", repr(expected), repr(b.written))
    elif expected is None and a.format is not None and b.written is not None and a.values:
        end = a.format[1]
        if not b.written.endswith(end) or b.written == end:
            found.differ(path, "event", f"a text that ends with {end!r}", repr(b.written))


def _expected_text(python: Event, cpp: Event) -> str | None:
    """What a C++ print must write: Python's text, with LibTorch's for tensors; None where that cannot be told."""
    if cpp.written is None or python.format is None:
        return None
    pieces: list[str] = []
    for tree, text, shown in zip(cpp.values, python.texts, cpp.texts, strict=True):
        if _is_opaque(tree):
            return None
        piece = shown if shown is not None else tree["v"] if tree["k"] == "str" and text is not None else text
        if piece is None:
            return None
        pieces.append(piece)
    separator, end = python.format
    return separator.join(pieces) + end


def _event(event: Event | None) -> str:
    return "nothing" if event is None else ", ".join(_shown(value) for value in event.values)


def _tree(found: Comparison, path: str, a: Tree, b: Tree) -> None:
    if _is_opaque(a) or _is_opaque(b):
        return
    if b["k"] == "loose":
        _tree(found, path, _with_floats(a, b["value"]), b["value"])
        return
    if a["k"] != b["k"]:
        found.differ(path, "presence" if "none" in (a["k"], b["k"]) else "value", _shown(a), _shown(b))
        return
    match a["k"]:
        case "none":
            return
        case "tensor":
            _tensor(found, path, a, b, "value")
        case "seq" | "dict":
            _items(found, path, a, b)
        case "module":
            _module(found, path, a, b)
        case "object":
            _parts(found, path, a["items"], b["items"])
        case _:
            _leaf(found, path, a, b)


def _with_floats(tree: Tree, like: Tree) -> Tree:
    """Python's value with floats for its ints and bools, where C++'s value has floats."""
    match tree["k"], like["k"]:
        case "loose", _:
            return _with_floats(tree["value"], like)
        case _, "loose":
            return _with_floats(tree, like["value"])
        case "int" | "bool", "float":
            return {"k": "float", "bits": pack("<d", tree["v"]).hex()}
        case ("seq", "seq") | ("dict", "dict") if len(tree["items"]) == len(like["items"]):
            pairs = zip(tree["items"], like["items"], strict=True)
            if tree["k"] == "seq":
                return {**tree, "items": [_with_floats(item, other) for item, other in pairs]}
            return {**tree, "items": [(item[0], _with_floats(item[1], other[1])) for item, other in pairs]}
        case _:
            return tree


def _leaf(found: Comparison, path: str, a: Tree, b: Tree) -> None:
    found.values += 1
    if a["k"] in ("float", "complex"):
        worst = difference("float64", a["bits"], b["bits"])
        if worst is not None:
            found.differ(path, "value", _shown(a), _shown(b), worst)
    elif a["k"] == "str":
        if a["v"] != b["v"] and node_name(a["v"]) != node_name(b["v"]):
            found.differ(path, "value", repr(a["v"]), repr(b["v"]))
    elif a["v"] != b["v"]:
        found.differ(path, "value", a["v"], b["v"])


def node_name(name: str) -> str:
    """An autograd node's name without what differs by design: the overload's number, C++'s template."""
    custom = _CPP_NODE.match(name)
    if custom is not None:
        return f"{custom.group(1)}Backward"
    plain = _NODE.match(name)
    return plain.group(1) if plain is not None else name


def _items(found: Comparison, path: str, a: Tree, b: Tree) -> None:
    if len(a["items"]) != len(b["items"]):
        found.differ(path, "value", f"{len(a['items'])} items", f"{len(b['items'])} items")
        return
    for index, (x, y) in enumerate(zip(a["items"], b["items"], strict=True)):
        if a["k"] == "seq":
            _tree(found, f"{path}[{index}]", x, y)
        elif x[0] != y[0]:
            found.differ(f"{path}[{x[0]}]", "presence", x[0], y[0])
        else:
            _tree(found, f"{path}[{x[0]}]", x[1], y[1])


def _module(found: Comparison, path: str, a: Tree, b: Tree) -> None:
    if a["training"] != b["training"]:
        found.differ(f"{path}.training", "metadata", a["training"], b["training"])
    for group in ("parameters", "buffers"):
        python, cpp = dict(a[group]), dict(b[group])
        for name in [*python, *(name for name in cpp if name not in python)]:
            if name not in python or name not in cpp:
                found.differ(f"{path}.{name}", "presence", _shown(python.get(name)), _shown(cpp.get(name)))
            else:
                _tree(found, f"{path}.{name}", python[name], cpp[name])
        if sorted(python) == sorted(cpp) and list(python) != list(cpp):
            found.differ(f"{path}.{group}", "metadata", ", ".join(python), ", ".join(cpp))
    inner = {name: (training, parts) for name, training, parts, *_ in b["modules"]}
    for name, training, parts, *names in a["modules"]:
        where = f"{path}.{name}" if name else path
        for child in names[0] or () if names else ():
            if (f"{name}.{child}" if name else child) not in inner:
                found.differ(f"{where}.{child}", "presence", "a module", "nothing")
        if name not in inner:
            continue
        if name and training != inner[name][0]:
            found.differ(f"{where}.training", "metadata", training, inner[name][0])
        _parts(found, where, parts, inner[name][1])


def _parts(found: Comparison, path: str, a: Sequence[tuple[str, Tree]], b: Sequence[tuple[str, Tree]]) -> None:
    """The attributes of an object that both sides have: C++ has those that Python deletes, or never assigns, too."""
    cpp = dict(b)
    for name, part in a:
        if name in cpp:
            _tree(found, f"{path}.{name}", part, cpp[name])


def _tensor(found: Comparison, path: str, a: Tree, b: Tree, kind: MismatchKind) -> None:
    found.gradients += kind == "gradient"
    found.values += kind == "value"
    for name in _METADATA:
        if a[name] != b[name]:
            found.differ(f"{path}.{name}", "metadata", a[name], b[name])
    _grad_fn(found, path, a["grad_fn"], b["grad_fn"])
    if a["dtype"] == b["dtype"] and a["shape"] == b["shape"]:
        if "bits" in a and "bits" in b:
            worst = difference(a["dtype"], a["bits"], b["bits"])
            if worst is not None:
                found.differ(path, kind, _shown(a), _shown(b), worst)
        elif a.get("digest") != b.get("digest"):
            found.differ(path, kind, _shown(a), _shown(b))
    if (a["grad"] is None) != (b["grad"] is None):
        found.differ(f"{path}.grad", "presence", _shown(a["grad"]), _shown(b["grad"]))
    elif a["grad"] is not None:
        _tensor(found, f"{path}.grad", a["grad"], b["grad"], "gradient")


def _grad_fn(found: Comparison, path: str, a: str | None, b: str | None) -> None:
    if (a is None) != (b is None) or (a is not None and b is not None and node_name(a) != node_name(b)):
        found.differ(f"{path}.grad_fn", "metadata", a, b)


def _shown(tree: Tree | None) -> str:
    """A short text of a value."""
    if tree is None:
        return "nothing"
    match tree["k"]:
        case "tensor":
            first = first_values(tree["dtype"], tree["bits"]) if "bits" in tree else "[...]"
            return f"{tree['dtype']}{tree['shape']} {first}"
        case "float":
            return first_values("float64", tree["bits"]).strip("[]")
        case "none":
            return "None"
        case "seq":
            return f"[{', '.join(_shown(item) for item in tree['items'][:4])}]"
        case "loose":
            return _shown(tree["value"])
        case "module" | "object" | "dict" | "opaque" | "complex":
            return str(tree["k"])
        case _:
            return str(tree["v"])


def paths_of(mismatches: list[Mismatch]) -> Iterator[str]:
    """The module-level names that mismatches are about."""
    for mismatch in mismatches:
        yield re.split(r"[.\[]", mismatch.path, maxsplit=1)[0]
