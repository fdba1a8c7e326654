"""Programs of torch's own database of modules: translated or refused, and a selection gives Python's bits."""

from __future__ import annotations

import inspect
import re

import pytest
import torch

from py2cpp_autograd import translate
from py2cpp_autograd.table.load import load_table
from py2cpp_autograd.tools.module_programs import generate
from py2cpp_autograd.tools.module_variants import VARIANTS
from py2cpp_autograd.tools.operator_programs import OperatorProgram
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs

#: Every so many of the programs are built.
STRIDE = 6
#: The diagnostics that a program of one call of a module may have.
REFUSALS = {"PCA306", "PCA400", "PCA401", "PCA402", "PCA403", "PCA404"}


@pytest.fixture(scope="module")
def programs() -> list[OperatorProgram]:
    """A script for each class and option, in float32."""
    return generate(1, r"\.script\.float32\.").programs


@pytest.mark.build
def test_programs_are_translated_or_refused_for_a_reason_of_the_table(programs: list[OperatorProgram]) -> None:
    refused = {one.name: translate(one.source) for one in programs}
    wrong = {name: found.diagnostics for name, found in refused.items() if found.status == "refused"}
    assert all({one.code for one in found} <= REFUSALS for found in wrong.values())
    assert len(wrong) < len(programs) / 6


def test_variants_name_classes_of_torch() -> None:
    for construction, _ in VARIANTS:
        assert hasattr(torch.nn, construction.partition("(")[0])


def test_constructors_have_the_parameters_of_python() -> None:
    table = load_table()
    for name in dir(torch.nn):
        row = table.find(f"torch.nn.{name}")
        if row is None or row.key != f"torch.nn.{name}" or not re.search(r"Conv|Pad\dd|Norm|Pool|Loss$", name):
            continue
        python = set(inspect.signature(getattr(torch.nn, name).__init__).parameters) - {"self"}
        taken = {parameter.name for variant in row.variants for parameter in variant.signature.parameters}
        assert row.variants[0].kind == "refuse" or taken == python, name


@pytest.mark.build
def test_modules_give_python_bits(programs: list[OperatorProgram]) -> None:
    chosen = programs[::STRIDE]
    verdicts = verify_programs([Program(f"{one.name}.py", one.source) for one in chosen], VerifyOptions(timeout=300))
    wrong = {
        one.name: verdict.status
        for one, verdict in zip(chosen, verdicts, strict=True)
        if verdict.status not in ("match", "refused") or (verdict.status == "match" and not verdict.bitwise)
    }
    assert not wrong
