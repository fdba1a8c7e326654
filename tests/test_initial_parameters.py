"""The initial parameters of layers are those of Python: the table of `initial_parameters.py`, with one compiler."""

from __future__ import annotations

import pytest
from initial_parameters import INITS, LAYERS, drawn

from py2cpp_autograd.verify import Verdict
from py2cpp_autograd.verify.toolchain import find_compiler


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    """The verdicts on all layers and functions, built in one batch."""
    return drawn(find_compiler())


@pytest.mark.build
@pytest.mark.parametrize("name", [*LAYERS, *INITS])
def test_initial_parameters(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].status == "match", f"{verdicts[name].detail}\n{verdicts[name].mismatches}"
    assert verdicts[name].bitwise
