"""What C++ overload resolution needs to be told, per operator overload.

`x.var({1}, 2)` compiles and is `var(dim, unbiased)`; `x.all({0})` is `all(dim=0)`. `tools/audit_overloads.py`
proves with the compiler that each call that a generated row can print chooses the overload that Python chose;
each entry here is one that it found wrong or ambiguous without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

INTS = "at::IntArrayRef"
OPTIONAL_INTS = "at::OptionalIntArrayRef"
OPTIONAL_SCALAR = "std::optional<at::Scalar>"
OPTIONAL_INT = "std::optional<int64_t>"
OPTIONAL_BOOL = "std::optional<bool>"
OPTIONAL_FLOAT = "std::optional<double>"


@dataclass(frozen=True)
class Treatment:
    """How one overload's arguments are spelled where their plain values would choose another overload."""

    typed: dict[str, str] = field(default_factory=dict)  # parameter: the C++ type that its value is converted to
    required: frozenset[str] = frozenset()  # no default: calls without it belong to other variants
    strict: frozenset[str] = frozenset()  # None is not taken
    written: frozenset[str] = frozenset()  # always written, with its name
    short: bool = False  # a variant without the first typed parameter and all behind it comes first
    split: str | None = None  # a list that may be None: None gets a variant of its own, at the end


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LISTS = {
    "tensor_split.indices": "indices",
    "hsplit.array": "indices",
    "vsplit.array": "indices",
    "dsplit.array": "indices",
    "squeeze.dims": "dim",
    "squeeze_.dims": "dim",
    "movedim.intlist": "source destination",
    "moveaxis.intlist": "source destination",
    "nuclear_norm.dim": "dim",
    "count_nonzero.dim_IntList": "dim",
    "ctc_loss.IntList": "input_lengths target_lengths",
}
_ALL_DIMS = Treatment(typed={"dim": OPTIONAL_INTS}, required=_names("dim"), strict=_names("dim"))
_CORRECTION = Treatment(typed={"correction": OPTIONAL_SCALAR}, required=_names("correction"), split="dim")
_BY_TENSOR = Treatment(required=_names("atol rtol"), strict=_names("atol rtol"))
_BY_FLOAT = Treatment(typed={"atol": OPTIONAL_FLOAT, "rtol": OPTIONAL_FLOAT}, short=True)
_CONVOLUTION = Treatment(typed={"padding": INTS}, short=True)
_PADDING_WORD = Treatment(required=_names("padding"))
_SPLIT_DIM = Treatment(split="dim")

TREATMENTS: dict[str, Treatment] = {
    **{name: Treatment(typed=dict.fromkeys(text.split(), INTS)) for name, text in _LISTS.items()},
    "all.dims": _ALL_DIMS,
    "any.dims": _ALL_DIMS,
    "count_nonzero": Treatment(typed={"dim": OPTIONAL_INT}, short=True),
    "sum": Treatment(strict=_names("dtype")),
    "mean": Treatment(strict=_names("dtype")),
    "sum.dim_IntList": _SPLIT_DIM,
    "mean.dim": _SPLIT_DIM,
    **{f"{name}.dim": _SPLIT_DIM for name in ("std", "var", "std_mean", "var_mean")},
    **{f"{name}.correction": _CORRECTION for name in ("std", "var", "std_mean", "var_mean")},
    "random_.from": Treatment(strict=_names("to generator")),
    "random_.to": Treatment(strict=_names("generator")),
    "sort.stable": Treatment(typed={"stable": OPTIONAL_BOOL}),
    "argsort": Treatment(written=_names("descending")),
    **{f"conv{n}d": _CONVOLUTION for n in (1, 2, 3)},
    **{f"conv{n}d.padding": _PADDING_WORD for n in (1, 2, 3)},
    "repeat_interleave.Tensor": Treatment(typed={"output_size": OPTIONAL_INT}, short=True),
    "linalg_norm": Treatment(typed={"ord": OPTIONAL_SCALAR}, short=True),
    "linalg_matrix_norm": Treatment(typed={"ord": "at::Scalar"}),
    "linalg_cond": Treatment(typed={"p": OPTIONAL_SCALAR}, short=True),
    "linalg_pinv.atol_rtol_tensor": _BY_TENSOR,
    "linalg_matrix_rank.atol_rtol_tensor": _BY_TENSOR,
    "linalg_pinv.atol_rtol_float": _BY_FLOAT,
    "linalg_matrix_rank.atol_rtol_float": _BY_FLOAT,
    "histogram.bin_ct": Treatment(
        typed={"range": "at::ArrayRef<double>"},
        required=_names("range"),
        short=True,
        split="range",
    ),
}
NO_TREATMENT = Treatment()
