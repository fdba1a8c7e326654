"""`docs/trace-format.md`: what it says about the text, its reader and its Python writer."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from py2cpp_autograd.verify.options import Program
from py2cpp_autograd.verify.python_model import cotangent
from py2cpp_autograd.verify.python_trees import generator_digest, tree
from py2cpp_autograd.verify.sides import python_sides
from py2cpp_autograd.verify.trace import Event, Failure, Trace, read

PAGE = (Path(__file__).parents[1] / "docs" / "trace-format.md").read_text("utf-8")
END = '{"end": "nonce", "error": null, "generator": "0"}\n'
MODEL = """\
import torch

class Model(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.layer = torch.nn.Linear(size, 1, bias=False)
    def forward(self, x, mask):
        print("forward", x.is_leaf)
        return self.layer(x), mask

def get_inputs():
    return [torch.rand(2, 3), torch.ones(1, dtype=torch.int64)]

def get_init_inputs():
    return [3]
"""


def trace(tmp_path: Path, text: str, nonce: str = "nonce") -> Trace | None:
    path = tmp_path / "trace"
    path.write_text(text, "utf-8")
    return read(path, nonce)


def test_example_of_the_page_is_a_trace(tmp_path: Path) -> None:
    match = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    found = trace(tmp_path, match[1], "5f1c")
    assert found is not None
    assert found.events == [Event([{"k": "str", "v": "epoch"}, {"k": "int", "v": 3}], 5, ("epoch", "3"), (" ", "\n"))]
    assert set(found.records["x"]) == set(tree(torch.ones(1)))
    assert found.error is None and len(found.generator) == 64


@pytest.mark.parametrize("text", ["", END.replace("nonce", "other"), '{"record": "x", "val', "{}\n"])
def test_a_run_without_its_end_has_no_trace(tmp_path: Path, text: str) -> None:
    assert trace(tmp_path, text) is None


def test_a_missing_file_is_no_trace(tmp_path: Path) -> None:
    assert read(tmp_path / "missing", "nonce") is None


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    text = "a\u2028b\x85c\x1dd"
    line = json.dumps({"record": "x", "value": {"k": "str", "v": text}}, ensure_ascii=False)
    found = trace(tmp_path, f"{line}\n{END}")
    assert found is not None and found.records["x"]["v"] == text


def test_last_record_counts_and_errors_are_read(tmp_path: Path) -> None:
    lines = [{"record": "x", "value": tree(value)} for value in (1, 2)]
    error = {"class": "c10::Error", "message": "m"}
    text = "".join(json.dumps(line) + "\n" for line in [*lines, {"end": "nonce", "error": error, "generator": "0"}])
    found = trace(tmp_path, text + "not read")
    assert found == Trace({"x": tree(2)}, [], Failure("c10::Error", "m"), "0")


def test_page_names_every_kind() -> None:
    values: list[object] = [
        None, True, 1, 1.5, 1j, "a", torch.float32, torch.device("cpu"), [1], {"a": 1}, torch.ones(1),
        torch.nn.Identity(), object(),
    ]  # fmt: skip
    rows = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|"))
    assert {tree(value)["k"] for value in values} <= set(re.findall(r"`(\w+)`", rows))


def test_trees_of_scalars() -> None:
    assert tree(-0.0) == {"k": "float", "bits": "0000000000000080"}
    assert tree(1j) == {"k": "complex", "bits": "0000000000000000000000000000f03f"}
    assert tree(2**63) == {"k": "opaque"} and tree(2**63 - 1)["k"] == "int"
    assert tree(OrderedDict([("é\n", 1), (2, None)]))["items"] == [['"é\\n"', tree(1)], ["2", tree(None)]]


def test_trees_of_tensors() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * x
    torch.autograd.backward([y.sum()])
    assert tree(x)["grad"]["bits"] == "00000040" * 2
    assert tree(y) | {"bits": ""} == {
        "k": "tensor", "dtype": "float32", "shape": [2], "layout": "strided", "requires_grad": True, "is_leaf": False,
        "grad_fn": "MulBackward0", "bits": "", "grad": None,
    }  # fmt: skip
    dense = torch.eye(2, dtype=torch.int8)
    assert tree(dense.to_sparse()) == tree(dense) | {"layout": "other"}
    assert tree(torch.tensor([1j]).conj())["bits"] == "00000000000080bf"


def test_cotangents_are_those_of_the_page() -> None:
    def element(i: int, n: int) -> float:
        h = ((i + 1) * 0x9E3779B97F4A7C15 + n * 0xD1B54A32D192ED03) % 2**64
        h = (h ^ (h >> 31)) * 0x94D049BB133111EB % 2**64
        return (2 * ((h >> 40) & 0xFF) - 255) / 256

    for dtype in (torch.float64, torch.bfloat16):
        found = cotangent(torch.empty(2, 3, dtype=dtype), 1)
        assert found.dtype == dtype and found.flatten().tolist() == [element(i, 1) for i in range(6)]


def test_digest_follows_the_random_state() -> None:
    torch.manual_seed(0)
    first = generator_digest()
    assert len(first) == 64
    torch.rand(1)
    assert generator_digest() != first
    torch.manual_seed(0)
    assert generator_digest() == first


def test_python_side_drives_models_and_scripts() -> None:
    with python_sides(1) as family:
        side = family.sides[0]
        model = side.run(Program("model.py", MODEL), "model", 0, 60.0)
        script = side.run(Program("script.py", "x = [1]\ny = 2\nprint(x)\nx.append(y)\n1 / 0\n"), "script", 0, 60.0)
        left = side.run(Program("left.py", "import os\nprint(1)\nos._exit(3)\n"), "script", 0, 60.0)
    assert model.trace is not None and model.trace.error is None, model.output
    assert list(model.trace.records) == ["output", "inputs", "model"]
    assert model.trace.events == [Event([tree("forward"), tree(True)], 8, ("forward", "True"), (" ", "\n"))]
    x, mask = model.trace.records["inputs"]["items"]
    assert x["grad"] is not None and mask["grad"] is None and not mask["requires_grad"]
    assert script.trace is not None and script.trace.error == Failure("ZeroDivisionError", "division by zero", 5)
    assert script.trace.records == {"x": tree([1, 2]), "y": tree(2)}
    assert left.trace is None and left.status == 3
