"""From the operator schemas that ship with torch to rows of the API table, one variant per Python overload.

`torchgen` knows both sides of each operator: the signatures that torch's Python argument parser tries, in its
order, and the C++ declarations that ATen's headers hold. A row is only made for a Python name that really is
the C builtin: a Python function of the same name (`torch.stft`) has semantics of its own.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import torch
import torchgen
from torchgen.api.python import PythonSignatureNativeFunctionPair
from torchgen.context import native_function_manager
from torchgen.gen import parse_native_yaml
from torchgen.model import BaseOperatorName, NativeFunction
from torchgen.packaged.autograd import gen_python_functions as bindings

from py2cpp_autograd.tools.aten_variant import Overload, Words, folded
from py2cpp_autograd.tools.aten_words import Inexpressible

#: Operators for other backends, formats or passes, which no autograd program on the CPU calls.
_FOREIGN = re.compile(
    r"cudnn|miopen|mkldnn|fbgemm|quantize|^q_|qscheme|^int_repr|nested|sparse|^to_padded|_copy$|_copy_\b"
    r"|^(native_)?batch_norm_|^(slow|thnn)_conv|^conv_depthwise|_jvp$|^is_vulkan|vulkan|^record_stream|^set_data"
    r"|^(cu|row_|ccol_|c)_?indices|^values$|^indices$|^coalesce|^crow_indices|^col_indices|^row_indices"
    r"|^sym_|^_|^hspmm|^smm|^sspaddmm|^choose_qparams|^fused_moving|^unsafe_|^segment_reduce"
)


@dataclass
class Generated:
    """The rows of each file, and what was left out and why."""

    files: dict[str, dict[str, list[Words]]] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)
    python_implemented: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Family:
    """A group of Python names: those of one module, or the methods of Tensor."""

    file: str
    prefix: str  # of the Python name
    operator_prefix: str  # of the operator's name, dropped in Python
    holder: type | ModuleType
    selects: Callable[[NativeFunction], bool]
    method: bool = False


FAMILIES = (
    Family("methods", "torch.Tensor.", "", torch.Tensor, bindings.is_py_variable_method, method=True),
    Family("functions", "torch.", "", torch, bindings.is_py_torch_function),
    Family("linalg", "torch.linalg.", "linalg_", torch.linalg, bindings.is_py_linalg_function),
    Family("fft", "torch.fft.", "fft_", torch.fft, bindings.is_py_fft_function),
    Family("special", "torch.special.", "special_", torch.special, bindings.is_py_special_function),
    Family("nn", "torch.nn.functional.", "", torch.nn.functional, bindings.is_py_nn_function),
)


def native_functions() -> list[NativeFunction]:
    """The operators that torch binds to Python, with the scalar overloads that its parser folds into others."""
    native = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
    parsed = parse_native_yaml(str(native / "native_functions.yaml"), str(native / "tags.yaml"))
    return [f for f in parsed.native_functions if bindings.should_generate_py_binding(f) or folded(f)]


def generate() -> Generated:
    """All rows that the schemas give, without their `result` words."""
    found = Generated()
    functions = native_functions()
    for family in FAMILIES:
        groups = overloads(functions, family)
        rows = found.files.setdefault(family.file, {})
        for name in sorted(groups, key=str):
            _add_row(found, rows, family, name, groups[name])
    _add_functional_aliases(found)
    return found


def overloads(
    functions: list[NativeFunction], family: Family
) -> dict[BaseOperatorName, list[PythonSignatureNativeFunctionPair]]:
    """The overloads of each of a family's operators."""
    pairs = []
    for f in functions:
        with native_function_manager(f):
            signature = bindings.signature(f, method=family.method)
        pairs.append(PythonSignatureNativeFunctionPair(signature=signature, function=f))
    found: dict[BaseOperatorName, list[PythonSignatureNativeFunctionPair]] = bindings.group_filter_overloads(
        pairs, family.selects
    )
    return found


def _add_row(
    found: Generated,
    rows: dict[str, list[Words]],
    family: Family,
    name: BaseOperatorName,
    pairs: list[PythonSignatureNativeFunctionPair],
) -> None:
    operator = str(name)
    public = operator.removeprefix(family.operator_prefix)
    reason = excluded(family, operator, public)
    if reason is not None:
        found.excluded[reason] += 1
        if reason == "implemented in Python":
            found.python_implemented.append(family.prefix + public)
        return
    variants: list[Words] = []
    at_the_end: list[Words] = []
    for overload in ordered(pairs, family.method):
        try:
            first, last = overload.variants()
            last = last + overload.numbers_first() + overload.out_variants()
        except Inexpressible as error:
            found.excluded[f"overload: {error}"] += 1
        else:
            variants += first
            at_the_end += last
    if variants:
        rows[family.prefix + public] = variants + at_the_end


def excluded(family: Family, operator: str, public: str) -> str | None:
    """Why an operator gets no row, or None."""
    if operator.startswith("_") or public.startswith("_"):
        return "private"
    if _FOREIGN.search(operator):
        return "for other backends"
    attribute = inspect.getattr_static(family.holder, public, None)
    if attribute is None:
        return "no public Python name"
    if inspect.isfunction(attribute) or isinstance(attribute, property):
        return "implemented in Python"
    return None if is_builtin(attribute) else "implemented in Python"


def is_builtin(attribute: object) -> bool:
    """Whether a Python name is bound to C++ and not to a Python function."""
    kinds = ("builtin_function_or_method", "method_descriptor", "wrapper_descriptor")
    return type(attribute).__name__ in kinds


def ordered(pairs: list[PythonSignatureNativeFunctionPair], method: bool) -> list[Overload]:
    """The overloads as torch's parser tries them; the folded ones follow."""
    groups = bindings.group_overloads([pair for pair in pairs if not folded(pair.function)])
    outs = {_names(group.base): group.outplace for group in groups}
    found = [
        Overload(PythonSignatureNativeFunctionPair(signature=g.signature, function=g.base), method, g.outplace)
        for g in groups
    ]
    return found + [Overload(pair, method, outs.get(_names(pair.function))) for pair in pairs if folded(pair.function)]


def _names(f: NativeFunction) -> tuple[str, ...]:
    return tuple(argument.name for argument in f.func.arguments.flat_non_out)


# --------------------------------------------------------------------------- torch.nn.functional's builtins


def _add_functional_aliases(found: Generated) -> None:
    """Names of torch.nn.functional that are builtins of torch under another roof: `F.conv2d` is `torch.conv2d`."""
    rows = found.files["nn"]
    functions = found.files["functions"]
    for name, attribute in sorted(vars(torch.nn.functional).items()):
        key = f"torch.nn.functional.{name}"
        if name.startswith("_") or key in rows:
            continue
        if is_builtin(attribute) and attribute is getattr(torch, name, None) and f"torch.{name}" in functions:
            rows[key] = [{"alias": f"torch.{name}"}]


def unmapped_builtins(found: Generated) -> Iterator[str]:
    """Public builtins of the families' modules that no row was made for."""
    for family in FAMILIES:
        rows = found.files[family.file]
        for name in sorted(dir(family.holder)):
            attribute = inspect.getattr_static(family.holder, name, None)
            if not name.startswith("_") and is_builtin(attribute) and family.prefix + name not in rows:
                yield family.prefix + name
