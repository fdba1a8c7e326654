"""Checks every row against the installed LibTorch headers: `python -m py2cpp_autograd.tools.audit`.

A pattern is C++ whose holes are names, so that it compiles as it stands in a function whose parameters have these
names: one function per variant, never called, in one unit that is only checked for syntax and types. Then
`audit_overloads` proves that calls with overloads choose the right one, and `audit_signatures` compares parameters and
defaults with those of the installed torch. Needs a C++ compiler.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.cpp_extension import include_paths

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table import signature as sig
from py2cpp_autograd.table.load import Table, load_table
from py2cpp_autograd.table.row import TENSOR_OPTIONS, Variant
from py2cpp_autograd.tools import audit_overloads, audit_signatures

_TYPES = {
    "Tensor": "torch::Tensor",
    "Out": "torch::Tensor&",
    "int": "int64_t",
    "float": "double",
    "complex": "c10::complex<double>",
    "bool": "bool",
    "str": "std::string",
    "Scalar": "double",
    "dtype": "torch::Dtype",
    "device": "torch::Device",
    "Generator": "torch::Generator",
    "Layout": "torch::Layout",
    "MemoryFormat": "torch::MemoryFormat",
    "slice": "torch::indexing::Slice",
    "Size": "std::vector<int64_t>",
    "None": "void",
}


class Unspellable(Exception):
    """A type that the audit has no C++ declaration for."""


@dataclass(frozen=True)
class Check:
    """A variant and the function that checks it, in one line."""

    where: str
    text: str


def spelled(table: Table, type_: sig.SigType) -> str:
    """The C++ type of a parameter or result; raises Unspellable."""
    match type_:
        case sig.Word(name):
            return _TYPES.get(name) or _class(table, name)
        case sig.Variable():
            return "torch::Tensor"
        case sig.Maybe(sig.Word("Tensor")):
            return "torch::Tensor"
        case sig.Maybe(sig.Sequence(sig.Word("int"), _)):
            return "at::OptionalIntArrayRef"
        case sig.Maybe(sig.Sequence(sig.Word("Tensor") | sig.Maybe(sig.Word("Tensor")))):
            return "std::vector<torch::Tensor>"  # None is the empty list
        case sig.Maybe(inner):
            return f"std::optional<{spelled(table, inner)}>"
        case sig.Sequence(element, _):
            return f"std::vector<{spelled(table, element)}>"
        case sig.Product((sig.Word("Out"), *rest), _):
            return f"std::array<torch::Tensor, {1 + len(rest)}>"  # whose items are written as Python's are
        case sig.Product(elements, _):
            return f"std::tuple<{', '.join(spelled(table, element) for element in elements)}>"
        case sig.Mapping(key, value):
            return f"torch::OrderedDict<{spelled(table, key)}, {spelled(table, value)}>"
        case sig.Function(parameters, result):
            return f"std::function<{spelled(table, result)}({', '.join(spelled(table, p) for p in parameters)})>"
        case _:
            raise Unspellable(str(type_))


def _class(table: Table, name: str) -> str:
    row = table.find(name)
    made = None if row is None else row.variants[0].words.get("class")
    if made is None:
        raise Unspellable(name)
    return str(made)


def checks(table: Table, variant: Variant, number: int) -> Iterator[Check]:
    """The functions that check the patterns of one variant; raises Unspellable."""
    words = variant.words
    parameters = list(_parameters(table, variant))
    where = f"{variant.location}: {variant.key}[{variant.index}]"
    for place, (word, more, statement) in enumerate(_statements(table, variant)):
        declared = ", ".join([*parameters, *more])
        yield Check(
            f"{where} {word}", f"[[maybe_unused]] static void check_{number}_{place}({declared}) {{ {statement} }}"
        )
    if not words:
        raise Unspellable("nothing")


def _parameters(table: Table, variant: Variant) -> Iterator[str]:
    grouped = set(TENSOR_OPTIONS) if variant.has_tensor_options else set()
    for parameter in variant.signature.parameters:
        if parameter.name in grouped or parameter.name in variant.absent or parameter.name in variant.ignored:
            continue
        type_ = parameter.type
        yield f"{spelled(table, type_)} {parameter.name}"
    if variant.has_tensor_options:
        yield "torch::TensorOptions options"
    elif "options" in variant.words:
        yield f"{str(variant.words['options']).partition('(')[0]} options"


def _statements(table: Table, variant: Variant) -> Iterator[tuple[str, list[str], str]]:
    words = variant.words
    if "cpp" in words:
        yield "cpp", [], _use(table, variant, str(words["cpp"]))
    match variant.kind:
        case "get":
            if "get" in words:
                yield "get", [], f"(void)({words['get']});"
            if "item" in words:
                yield "item", ["int64_t index"], f"(void)({words['item']});"
            if "set" in words and "type" in words:
                value = spelled(table, sig.parse_type(str(words["type"])))
                yield "set", [f"{value} value"], f"{words['set']};"
        case "guard":
            name, _, arguments = str(words["guard"]).partition("(")
            yield "guard", [], f"{name} guard{'(' + arguments if arguments else ''};"
        case "value":
            yield "value", [], f"(void)({words['value']});"
        case "class" if "sig" in words:
            yield "class", [], _construction(variant)
        case _:
            return


def _use(table: Table, variant: Variant, text: str) -> str:
    result = variant.signature.result
    if result == sig.Word("None") or variant.key.endswith("_"):
        return f"{text};"
    if result == sig.Word("Size"):
        return f"at::IntArrayRef made = {text}; (void)made;"
    return f"{spelled(table, result)} made = {text}; (void)made;"


def _construction(variant: Variant) -> str:
    words = variant.words
    builder = "" if variant.has_tensor_options else str(words.get("options", ""))
    used = set(re.findall(r"\w+", builder + str(words.get("args", ""))))
    for parameter in variant.signature.parameters:
        if builder and parameter.name not in used and parameter.name not in variant.absent:
            builder += f".{parameter.name}({parameter.name})"
    plain = ", ".join(p.name for p in variant.signature.parameters if p.name not in variant.absent)
    arguments = re.sub(r"\boptions\b", lambda _: builder, str(words.get("args", builder or plain)))
    return f"{words['class']} made{{{arguments}}}; (void)made;" if arguments else f"{words['class']} made;"


def unit(made: Sequence[Check], headers: Iterable[str]) -> str:
    """The translation unit: headers, then one line per check."""
    includes = ["#include " + (header if header.startswith("<") else f'"{header}"') for header in headers]
    return "\n".join(["#include <torch/torch.h>", *includes, *(check.text for check in made)]) + "\n"


def compile_errors(text: str, compiler: str = "c++") -> str:
    """What the compiler says of a unit; empty when it is right."""
    flags = ["-std=c++17", "-fsyntax-only", "-fmax-errors=0", "-w", "-I", str(data_root() / "cpp_harness" / "include")]
    flags += [flag for path in include_paths() for flag in ("-isystem", path)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "audit.cpp"
        source.write_text(text, encoding="utf-8")
        done = subprocess.run([compiler, *flags, str(source)], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def audit_rows(table: Table) -> tuple[int, list[str], list[str]]:
    """How many checks were made, what failed, and which variants could not be checked."""
    made: list[Check] = []
    skipped: list[str] = []
    headers: dict[str, None] = {}
    for number, variant in enumerate(variant for row in table.rows() for variant in row.variants):
        try:
            found = list(checks(table, variant, number))
        except Unspellable as error:
            skipped.append(f"{variant.key}[{variant.index}]: {error}")
            continue
        made += found
        if variant.header:
            headers[variant.header] = None
    shipped = data_root() / "cpp_harness" / "include"
    missing = [header for header in headers if header.startswith("py2cpp/") and not (shipped / header).is_file()]
    skipped += [f"no such header: {header}" for header in missing]
    text = unit(made, [header for header in headers if header not in missing])
    return len(made), located(made, text, compile_errors(text)), skipped


def located(made: Sequence[Check], text: str, errors: str) -> list[str]:
    """The checks that the compiler's messages are about."""
    first = text.count("\n") - len(made) + 1
    found: dict[str, str] = {}
    for match in re.finditer(r"^[^:\n]+audit\.cpp:(\d+):\d+: error: (.*)$", errors, re.MULTILINE):
        line = int(match[1])
        found.setdefault(made[line - first].where if line >= first else "headers", match[2])
    if errors and not found:
        return [errors]
    return [f"{where}: {message}" for where, message in found.items()]


def main() -> int:
    """Audit all rows; exit 1 when any is wrong."""
    table = load_table()
    made, installed = audit_signatures.release(), torch.__version__.partition("+")[0]
    drift = audit_signatures.drift(table)
    print(f"the generated rows are of torch {made}, torch {installed} is installed: {len(drift)} rows would differ")
    print(*drift, sep="\n")
    different = audit_signatures.differences(table)
    print(f"the signatures of rows by hand were compared with Python's: {len(different)} differ")
    print(*different, sep="\n")
    count, wrong, skipped = audit_rows(table)
    print(f"{count} patterns checked, {len(wrong)} wrong, {len(skipped)} variants not checked")
    print(*(f"wrong: {text}" for text in wrong), *(f"not checked: {text}" for text in skipped), sep="\n")
    declared = audit_overloads.all_overloads()
    calls = list(audit_overloads.calls(declared))
    text = audit_overloads.translation_unit(calls, declared)
    ambiguous = audit_overloads.findings(calls, text, compile_errors(text))
    print(f"{len(calls)} calls of overloaded operators checked, {len(ambiguous)} choose another overload")
    print(*ambiguous, sep="\n")
    return 1 if wrong or ambiguous or different or drift else 0


if __name__ == "__main__":
    sys.exit(main())
