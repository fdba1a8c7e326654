"""The generated rows: made anew they are the same, and their C++ is right by the installed headers."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import load_table
from py2cpp_autograd.tools import aten_schema, audit, audit_overloads, audit_signatures, generate_aten
from py2cpp_autograd.tools.aten_variant import Words


def test_signatures_and_patterns_are_those_of_the_installed_torch() -> None:
    """The quick half of `test_generating_again_gives_the_same_files`: all but the `result` words."""
    assert audit_signatures.drift(load_table()) == []
    assert torch.__version__.startswith(audit_signatures.release())


def test_drift_of_another_release_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = aten_schema.generate()
    del found.files["fft"]["torch.fft.fft"]
    changed: Words = {"sig": "(input: Tensor, k: int) -> Tensor", "cpp": "torch::sin(input, k)"}
    found.files["functions"] |= {"torch.brand_new": [changed], "torch.sin": [changed]}
    monkeypatch.setattr(aten_schema, "generate", lambda: found)
    assert audit_signatures.drift(load_table()) == [
        "new in this torch: torch.brand_new",
        "not in this torch: torch.fft.fft",
        "changed in this torch: torch.sin: (input: Tensor, k: int) -> Tensor",
    ]


def test_rows_by_hand_have_the_parameters_and_defaults_of_python() -> None:
    assert audit_signatures.differences(load_table()) == []


def written(name: str) -> str:
    """A generated file of the table."""
    return (data_root() / "mappings" / f"{name}.txt").read_text(encoding="utf-8")


def made_anew(name: str) -> str:
    """The file as its tool makes it, in a process of its own: tests put other functions into torch's modules."""
    code = f"from py2cpp_autograd.tools.generate_{name} import text; print(text(), end='')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_classes_derive_from_those_that_they_derive_from_in_the_installed_torch() -> None:
    assert written("class_bases") == made_anew("class_bases")
    table = load_table()
    assert table.derives("torch.nn.ReLU6", "torch.nn.Hardtanh")
    assert table.derives("torch.nn.BatchNorm2d", "torch.nn.modules.batchnorm._BatchNorm")
    assert table.derives("torch.nn.BatchNorm2d", "torch.nn.BatchNorm1d") is False
    assert table.derives("torch.nn.BatchNorm2d", "torch.nn.NoSuchLayer") is None


def test_names_are_found_where_the_installed_torch_defines_them() -> None:
    assert written("homes") == made_anew("homes")
    table = load_table()
    for name in ("torch.nn.modules.conv.Conv2d", "torch.optim.sgd.SGD", "torch.autograd.variable.Variable"):
        row = table.find(name)
        assert row is not None and row.key.count(".") == 2
    assert table.find("torch.nn.modules.conv.Linear2d") is None


def test_python_functions_are_not_mapped_by_name() -> None:
    found = aten_schema.generate()
    assert {"torch.stft", "torch.einsum", "torch.norm", "torch.Tensor.split"} <= set(found.python_implemented)
    assert not set(found.python_implemented) & {key for rows in found.files.values() for key in rows}


@pytest.mark.build
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_generating_again_gives_the_same_files() -> None:
    folder = data_root() / "mappings" / "aten"
    header = (folder / "methods.toml").read_text(encoding="utf-8").splitlines()[0]
    assert f"torch {torch.__version__.partition('+')[0]} " in header, "generate the rows for this torch"
    texts = generate_aten.texts()
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == texts


@pytest.mark.build
def test_every_pattern_compiles() -> None:
    """Of the generated rows; those by hand have examples, which test_rows.py compiles and runs."""
    _, wrong, _ = audit.audit_rows(load_table())
    assert not [finding for finding in wrong if finding.startswith("aten")]


@pytest.mark.build
def test_every_call_chooses_its_overload() -> None:
    declared = audit_overloads.all_overloads()
    calls = list(audit_overloads.calls(declared))
    unit = audit_overloads.translation_unit(calls, declared)
    assert not audit_overloads.findings(calls, unit, audit.compile_errors(unit))


@pytest.mark.build
def test_a_call_of_another_overload_is_found() -> None:
    declared = audit_overloads.all_overloads()
    group = declared["var", True]
    number = next(i for i, f in enumerate(group) if str(f.func.name) == "var.correction")
    wrong = audit_overloads.Call("torch.Tensor.var", "var", True, "var.correction", number, ("{1}", "2"))
    unit = audit_overloads.translation_unit([wrong], declared)
    (found,) = audit_overloads.findings([wrong], unit, audit.compile_errors(unit))
    assert found.startswith("torch.Tensor.var: var.correction({1}, 2): static assertion failed")
