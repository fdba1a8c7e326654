"""What `--thorough` runs besides a program as it is: a script with other seeds, a model with other inputs.

The numbers are known to `python_model` and to `cpp_harness/include/py2cpp/drive.h`.
"""

from __future__ import annotations

from dataclasses import dataclass

AS_GIVEN, ZEROS, TIES, LARGE, SUBNORMAL, SPECIAL, SECOND_ORDER = range(7)


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to run a program: what is added to the seed, what becomes of a model's inputs, and in words."""

    words: str = ""
    seed: int = 0
    number: int = AS_GIVEN


_OF_MODELS = {
    ZEROS: "inputs of zeros",
    TIES: "rounded inputs",
    LARGE: "inputs 10,000 times as large",
    SUBNORMAL: "subnormal inputs",
    SPECIAL: "infinities, NaN and -0.0 among the inputs",
    SECOND_ORDER: "derivatives of the second order",
}


def variants(kind: str) -> list[Variant]:
    """The variants of a script or of a model file."""
    if kind == "model":
        return [Variant(words, number=number) for number, words in _OF_MODELS.items()]
    return [Variant(f"the seed increased by {more}", seed=more) for more in (1, 2)]
