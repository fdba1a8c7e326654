"""Which C++ overload each generated row's calls choose, proved by the compiler.

`x.var({1}, 2)` compiles and is `var(dim, unbiased)`, not `var(dim, correction)`. All C++ declarations
of every operator are made again, each with a result type of its own; then each shape of call that a row can
print is a `static_assert` on the overload that it chooses. Nothing is linked or run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torchgen
from torchgen.api import cpp as cpp_api
from torchgen.api.types import CppSignatureGroup
from torchgen.context import native_function_manager
from torchgen.gen import parse_native_yaml
from torchgen.model import NativeFunction, Variant

from py2cpp_autograd import cpp
from py2cpp_autograd.table import pattern, signature
from py2cpp_autograd.tools import aten_schema
from py2cpp_autograd.tools.argument_forms import PREAMBLE, Form, forms_of
from py2cpp_autograd.tools.aten_variant import Overload, Words
from py2cpp_autograd.tools.aten_words import Inexpressible

#: Calls that choose another overload with the same meaning, or that Python refuses: (overload, arguments but self).
EQUIVALENT = re.compile(
    r"^(arange\.start_step\([^,]+, [^,]+\)"  # arange.start, whose step is 1 too
    r"|linalg_(pinv|matrix_rank)\.atol_rtol_float\(\)"  # the overload of tensors, none given
    # Python raises where clamp has no limits.
    r"|cl(amp|ip)_?(\.Tensor|\.Tensor_out|\.out)?\((t, )?(|\{\}|std::nullopt|/\*min=\*/(\{\}|std::nullopt))\))$"
)


@dataclass(frozen=True)
class Call:
    """A call that a row can print, and the number of the overload that it must choose."""

    key: str
    operator: str
    method: bool
    overload: str
    number: int
    arguments: Form

    @property
    def text(self) -> str:
        """The call, as it is named in findings."""
        given = self.arguments if self.method else self.arguments[1:]
        return f"{self.overload}({', '.join(given)})"


def all_overloads() -> Mapping[tuple[str, bool], Sequence[NativeFunction]]:
    """Every operator overload that ATen's headers declare, by C++ name and whether it is a method."""
    native = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
    parsed = parse_native_yaml(str(native / "native_functions.yaml"), str(native / "tags.yaml"))
    found: dict[tuple[str, bool], list[NativeFunction]] = defaultdict(list)
    for f in parsed.native_functions:
        for method in (False, True):
            if (Variant.method if method else Variant.function) in f.variants:
                found[cpp_api.name(f.func), method].append(f)
    return found


def calls(declared: Mapping[tuple[str, bool], Sequence[NativeFunction]]) -> Iterator[Call]:
    """The calls of all generated rows."""
    functions = aten_schema.native_functions()
    for family in aten_schema.FAMILIES:
        for name, pairs in sorted(aten_schema.overloads(functions, family).items(), key=lambda item: str(item[0])):
            public = str(name).removeprefix(family.operator_prefix)
            if aten_schema.excluded(family, str(name), public) is None:
                for overload in aten_schema.ordered(pairs, family.method):
                    yield from _calls(overload, family.prefix + public, declared)


def _calls(
    overload: Overload, key: str, declared: Mapping[tuple[str, bool], Sequence[NativeFunction]]
) -> Iterator[Call]:
    try:
        first, last = overload.variants()
        outs = overload.out_variants()
    except Inexpressible:
        return
    yield from _calls_of(overload.function, [*first, *last, *overload.numbers_first()], overload.method, key, declared)
    if outs and overload.out is not None:
        yield from _calls_of(overload.out, outs, overload.method, key, declared)


def _calls_of(
    function: NativeFunction,
    variants: Sequence[Words],
    method: bool,
    key: str,
    declared: Mapping[tuple[str, bool], Sequence[NativeFunction]],
) -> Iterator[Call]:
    operator = cpp_api.name(function.func)
    number = next(i for i, f in enumerate(declared[operator, method]) if str(f.func) == str(function.func))
    for words in variants:
        tree = pattern.parse(str(words["cpp"]))
        if isinstance(tree, cpp.Call) and str(words["cpp"]).startswith("py2cpp::"):
            (tree,) = tree.arguments
        assert isinstance(tree, cpp.Call)
        for form in sorted(forms_of(signature.parse(str(words["sig"])), tree.arguments)):
            yield Call(key, operator, method, str(function.func.name), number, form)


def translation_unit(checked: Sequence[Call], declared: Mapping[tuple[str, bool], Sequence[NativeFunction]]) -> str:
    """The C++ that asserts of each call, in a line of its own at the end, which overload it chooses."""
    lines = [PREAMBLE, "template <int N> struct Chosen {};"]
    for method, opening, closing in ((True, "struct Method {", "};"), (False, "namespace function {", "}")):
        names = sorted({call.operator for call in checked if call.method == method})
        lines.append(opening)
        lines += [line for name in names for line in _declarations(declared[name, method], method)]
        lines.append(closing)
    for call in checked:
        scope = "Method" if call.method else "function"
        made = f"{scope}::{call.operator}({', '.join(call.arguments)})"
        lines.append(f"static_assert(std::is_same_v<decltype({made}), Chosen<{call.number}>>);")
    return "\n".join(lines) + "\n"


def _declarations(group: Sequence[NativeFunction], method: bool) -> Iterator[str]:
    for number, f in enumerate(group):
        with native_function_manager(f):
            made = CppSignatureGroup.from_native_function(f, method=method)
            for declared in made.signatures(symint=False):
                arguments = ", ".join(argument.decl() for argument in declared.arguments())
                yield f"{'static ' if method else ''}Chosen<{number}> {declared.name()}({arguments});"


def findings(checked: Sequence[Call], unit: str, errors: str) -> list[str]:
    """The calls that the compiler's messages are about, equivalent ones left out."""
    first = unit.count("\n") - len(checked) + 1
    found: dict[int, str] = {}
    for match in re.finditer(r"^[^:\n]+:(\d+):\d+: error: (.*)$", errors, re.MULTILINE):
        line = int(match[1])
        if line < first:
            return [f"the declarations do not compile: {match[0]}"]
        found.setdefault(line - first, match[2])
    texts = {index: f"{checked[index].key}: {checked[index].text}: {message}" for index, message in found.items()}
    return [text for index, text in texts.items() if not EQUIVALENT.match(checked[index].text)]
