"""Small stand-alone programs from torch's own database of operators: each sample call, in each form, as source.

A program makes its inputs from literals, calls the operator, and runs backward through what is differentiable, so
that values, graph nodes and gradients are there to compare. What cannot be written as source is counted by reason.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import torch

from py2cpp_autograd.tools.aten_results import Operator, Sample, operators
from py2cpp_autograd.tools.operator_endings import differentiable, first_order, second_order
from py2cpp_autograd.tools.operator_extras import extras
from py2cpp_autograd.tools.operator_spelling import FORMS, Call, Inputs, Unspellable
from py2cpp_autograd.tools.operator_variants import Style, shown, spell, unpacked

#: Samples with more numbers than this are left out, unless an operator has no smaller one.
_SMALL, _LARGE = 60, 1500
#: Samples drawn of each operator and dtype.
_DRAWN = 200
_DTYPES = (torch.float64, torch.float32, torch.complex128, torch.int64, torch.bool)
#: Beside these, with a seed.
_MORE_DTYPES = (torch.float16, torch.bfloat16, torch.int32, torch.complex64)
#: Operators whose result is memory that nobody wrote.
_UNINITIALISED = re.compile(r"(new_)?empty(_like|_strided|_permuted)?|resize_|resize_as_")
_KINDS = {
    "UnaryUfuncInfo": "torch, elementwise",
    "BinaryUfuncInfo": "torch, elementwise on two",
    "ReductionOpInfo": "torch, reductions",
}


@dataclass(frozen=True)
class OperatorProgram:
    """One program, and where it comes from."""

    operator: str
    family: str
    form: str
    dtype: str
    sample: int
    source: str

    @property
    def name(self) -> str:
        """`add.function.float64.0`: unique among all programs."""
        return f"{self.operator}.{self.form}.{self.dtype}.{self.sample}"


@dataclass
class Generated:
    """The programs, and how many (operator, form, sample) cannot be written, by reason."""

    programs: list[OperatorProgram] = field(default_factory=list)
    unspellable: Counter[str] = field(default_factory=Counter)

    def thinned(self, every: int) -> Generated:
        """One program in `every`."""
        return Generated(self.programs[::every], self.unspellable)


def generate(samples: int, only: str = "", seed: int | None = None, every: int = 1) -> Generated:
    """Up to `samples` programs per operator, form and dtype: of those whose name `only` is found in, one in `every`.

    With a seed, other samples are drawn, and written as other people would: see operator_variants.
    """
    found = Generated()

    def wanted(name: str) -> bool:
        return re.search(only, name) is not None and zlib.crc32(name.encode()) % every == 0

    names: set[str] = set()
    for info in operators():
        reason = _unusable(info)
        if reason is not None:
            found.unspellable[reason] += 1
            continue
        for planned, call in _of_operator(info, samples, wanted, seed):
            if planned.name in names:
                continue
            names.add(planned.name)
            style = None if seed is None else Style(random.Random(f"{seed} {planned.name}"))
            try:
                found.programs.append(replace(planned, source=source_of(call, planned.form, style)))
            except Unspellable as error:
                found.unspellable[str(error)] += 1
    if seed is None:
        found.programs += _beside(wanted)
    return found


def _beside(wanted: Callable[[str], bool]) -> Iterator[OperatorProgram]:
    """Programs of what the database lacks."""
    for name, source in extras():
        program = OperatorProgram(name, "beside the database", "beside", "float32", 0, source)
        if wanted(program.name):
            parts = losses(run(source)["out"])
            yield replace(program, source=f"{source}({' + '.join(parts)}).backward()\n") if parts else program


def _unusable(info: Operator) -> str | None:
    if _UNINITIALISED.fullmatch(info.name):
        return "the result is uninitialised memory"
    if info.name.startswith(("jiterator_", "ops.")):
        return "CUDA only, or internal"
    return "internal name" if re.match(r"_[^_]", info.name.rpartition(".")[2]) else None


def _of_operator(
    info: Operator, samples: int, wanted: Callable[[str], bool], seed: int | None
) -> Iterator[tuple[OperatorProgram, Call]]:
    """The programs of an operator, without their source, and the calls that they make."""
    variant = getattr(info, "variant_test_name", "")
    title = f"{info.name}-{variant}" if variant else info.name
    kind = family(info)
    dtypes = _DTYPES if seed is None else (*_DTYPES, *_MORE_DTYPES)
    for place, dtype in enumerate(dtype for dtype in dtypes if dtype in info.supported_dtypes("cpu")):
        planned = [
            OperatorProgram(title if name == info.name else f"{title}-as-{name}", kind, form, _short(dtype), number, "")
            for number in range(samples)
            for name, form in _spellings(info, place == 0)
        ]
        planned = [one for one in planned if wanted(one.name)]
        chosen = _chosen(info, dtype, samples, seed) if planned else []
        for one in planned:
            if one.sample < len(chosen):
                name = (
                    one.operator.rpartition("-as-")[2].removeprefix("torch.") if "-as-" in one.operator else info.name
                )
                yield one, _call(name, chosen[one.sample], kind)


def _spellings(info: Operator, all_forms: bool) -> list[tuple[str, str]]:
    """Names and forms: all of them for an operator's first dtype, for others the plainest."""
    if not all_forms:
        return [(info.name, "operator" if "__" in info.name else "function")]
    aliases = [(alias.name, form) for alias in info.aliases for form in ("function", "method", "in-place")]
    return [*((info.name, form) for form in (*FORMS, "second-order")), *aliases]


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _call(name: str, sample: Sample, kind: str) -> Call:
    arguments = (sample.input, *sample.args)
    return Call(name, tuple(map(_cropped, arguments)) if "elementwise" in kind else arguments, sample.kwargs)


def family(info: Operator) -> str:
    """The namespace of an operator; those of torch itself by what they do."""
    namespace = info.name.rpartition(".")[0]
    return f"torch.{namespace}" if namespace else _KINDS.get(type(info).__name__, "torch, other")


def _chosen(info: Operator, dtype: torch.dtype, count: int, seed: int | None) -> list[Sample]:
    """Up to `count` samples, spread over all small ones, or drawn by the seed; the smallest when all are large."""
    torch.manual_seed(seed or 0)
    random.seed(seed or 0)
    drawn: list[Sample] = []
    gradients = bool(getattr(info, "supports_autograd", False)) and (dtype.is_floating_point or dtype.is_complex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in info.sample_inputs("cpu", dtype, requires_grad=gradients):
            drawn.append(sample)
            if len(drawn) == _DRAWN:
                break
    elementwise = "elementwise" in family(info)
    small = [sample for sample in drawn if elementwise or _size(sample) <= _SMALL]
    if not small:
        return sorted((sample for sample in drawn if _size(sample) <= _LARGE), key=_size)[:count]
    count = min(count, len(small))
    if seed is not None:
        return random.sample(small, count)
    return [small[(2 * place + 1) * len(small) // (2 * count)] for place in range(count)]


def _cropped(value: object) -> object:
    """A tensor with at most three numbers along each dimension: enough for what works on each number."""
    if not isinstance(value, torch.Tensor) or value.numel() <= _SMALL // 2:
        return value
    part = value.detach()[tuple(slice(3) for _ in value.shape)].clone()
    return part.requires_grad_(value.requires_grad)


def _size(value: object) -> int:
    """How many numbers the tensors of a sample hold."""
    match value:
        case torch.Tensor():
            return value.numel()
        case list() | tuple():
            return sum(map(_size, value))
        case dict():
            return sum(map(_size, value.values()))
        case Sample():
            return _size(value.input) + _size(value.args) + _size(value.kwargs)
        case _:
            return 0


def source_of(call: Call, form: str, style: Style | None = None) -> str:
    """The program of one call; raises Unspellable, also for what Python itself refuses to run."""
    if style is not None:
        return _styled(call, form, style)
    inputs = Inputs()
    source = _calling(FORMS["function" if form == "second-order" else form](call, inputs), inputs)
    parts = losses(run(source)["out"])
    if form == "second-order":
        return _tried(source, _second_order(parts, inputs.differentiable()))
    if not parts:
        return source
    return _tried(source, f"({' + '.join(parts)}).backward()\n" if len(parts) > 1 else f"{parts[0]}.backward()\n")


def _styled(call: Call, form: str, style: Style) -> str:
    """The program as others would write it: drawn inputs that the operator does not take become the sample's."""
    try:
        return _in_style(call, form, style, drawn=True)
    except Unspellable:
        return _in_style(call, form, style, drawn=False)


def _in_style(call: Call, form: str, style: Style, drawn: bool) -> str:
    spelled, inputs = spell(call, "function" if form == "second-order" else form, style, drawn)
    seed = f"torch.manual_seed({style.draw.randrange(100)})\n" if style.sometimes() else ""
    source = _calling(spelled, inputs, seed)
    out = run(source)["out"]
    source += unpacked(out, style) + shown(out, style)
    if form == "second-order":
        return _tried(source, second_order(out, inputs.differentiable(), style.draw))
    return _tried(source, first_order(out, inputs.differentiable(), style.draw))


def _calling(spelled: str, inputs: Inputs, seed: str = "") -> str:
    """The imports, the inputs and the call."""
    imports = ["import torch"] + ["import torch.nn.functional as F"] * (re.search(r"\bF\.", spelled) is not None)
    return "\n".join([*imports, "", *([seed.rstrip()] if seed else []), *inputs.lines(), spelled]) + "\n"


def _tried(source: str, ending: str) -> str:
    run(source + ending)
    return source + ending


def run(source: str) -> dict[str, object]:
    """What a program leaves; raises Unspellable when it raises."""
    left: dict[str, object] = {}
    torch.manual_seed(0)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "<program>", "exec"), left)
        except Exception as error:
            raise Unspellable(f"Python raises {type(error).__name__}") from error
    return left


def losses(out: object) -> list[str]:
    """A number for each differentiable part of the result."""
    return [_loss(name, part.is_complex()) for name, part in differentiable(out)]


def _loss(name: str, is_complex: bool) -> str:
    real = f"torch.view_as_real({name})" if is_complex else name
    return f"({real} * {real}.detach().cos()).sum()"


def _second_order(parts: list[str], names: list[str]) -> str:
    if not parts or not names:
        raise Unspellable("no second-order form: nothing differentiable")
    grads = f"grads = torch.autograd.grad({' + '.join(parts)}, [{', '.join(names)}], create_graph=True)"
    squares = [f"(grads[{place}] * grads[{place}]).sum()" for place in range(len(names))]
    return f"{grads}\nloss = {' + '.join(squares)}\nloss.backward()\n"
