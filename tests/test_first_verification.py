"""The first verification on a machine: it does not wait for what later ones share, which is prepared behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from py2cpp_autograd.verify import Program, VerifyOptions, run, verify_programs
from py2cpp_autograd.verify.toolchain import Toolchain

SOURCE = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\n(x * x).sum().backward()\nprint(x.grad)\n"


@pytest.mark.build
def test_first_verification(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[Path] = []

    def prepare(_: Toolchain, root: Path) -> None:
        prepared.append(root)

    monkeypatch.setattr(run, "prepare_in_background", prepare)
    options = VerifyOptions(cache=tmp_path)
    broken = Program("broken.py", SOURCE, "void run() { nothing(); }\n")
    match, error = verify_programs([Program("first.py", SOURCE), broken], options)
    assert (match.status, match.values, match.gradients, match.bitwise) == ("match", 2, 1, True)
    assert error.status == "build_error" and "nothing" in error.detail
    assert prepared == [tmp_path]
    assert not list(tmp_path.glob("lean-*/complete")) and not list(tmp_path.glob("runtime-*"))
