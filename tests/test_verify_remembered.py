"""What `check` remembers: matches of the same program in the same setting, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

from py2cpp_autograd.verify.remembered import Memory
from py2cpp_autograd.verify.toolchain import Toolchain, find_torch
from py2cpp_autograd.verify.verdict import Verdict

MATCH = Verdict("net.py", "match", values=3, gradients=2, detail="both sides end with ValueError: no")
TOOLS = Toolchain("/usr/bin/g++", "g++ 12", Path("/torch"), "2.13.0")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text("import torch\n")
    return path


def test_a_match_is_remembered(tmp_path: Path, program: Path) -> None:
    memory = Memory.of(tmp_path, TOOLS, 0)
    key = memory.key(program)
    assert memory.recall(key, "net.py") is None
    memory.remember(key, MATCH)
    assert memory.recall(key, "net.py") == MATCH
    assert Memory.of(tmp_path, TOOLS, 0).key(program) == key


def test_the_key_is_of_all_that_a_verdict_depends_on(tmp_path: Path, program: Path) -> None:
    other_tools = (Toolchain("g++", "13", Path("/t"), "2.13"), Toolchain("g++", "12", Path("/t"), "2.12"))
    memories = [Memory.of(tmp_path, TOOLS, 0), Memory.of(tmp_path, TOOLS, 1)]
    memories += [Memory.of(tmp_path, tools, 0) for tools in other_tools]
    with mock.patch.dict(os.environ, CPATH="/elsewhere"):
        memories.append(Memory.of(tmp_path, TOOLS, 0))
    with mock.patch.object(sys, "version", "3.99"):
        memories.append(Memory.of(tmp_path, TOOLS, 0))
    keys = {memory.key(program) for memory in memories}
    renamed = program.rename(tmp_path / "other.py")
    keys.add(memories[0].key(renamed))
    renamed.write_text("import torch \n")
    keys.add(memories[0].key(renamed))
    assert len(keys) == 8


def test_a_torch_that_is_built_again_is_another(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "libtorch_cpu.so"
    for name in ("include/torch/csrc/api/include/torch/torch.h", "lib/libtorch_cpu.so", "version.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    with mock.patch("importlib.util.find_spec", return_value=spec):
        before = find_torch()
        os.utime(library, ns=(0, 0))
        assert find_torch() != before


def test_a_file_that_is_imported_counts(tmp_path: Path, program: Path) -> None:
    program.write_text("import torch\nimport layers\n")
    memory = Memory.of(tmp_path, TOOLS, 0)
    keys = {memory.key(program)}
    for text in ("K = 1\n", "K = 2\n", "import deep\n"):
        (tmp_path / "layers.py").write_text(text)
        keys.add(memory.key(program))
    (tmp_path / "deep.py").write_text("K = 1\n")
    keys.add(memory.key(program))
    assert len(keys) == 5


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"values": "x"}', '{"values": null}', "\xff"])
def test_damaged_entries_count_as_none(text: str, tmp_path: Path, program: Path) -> None:
    memory = Memory.of(tmp_path, TOOLS, 0)
    memory.folder.mkdir()
    (memory.folder / f"{memory.key(program)}.json").write_text(text, "latin-1")
    assert memory.recall(memory.key(program), "net.py") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, program: Path) -> None:
    memory = Memory.of(program, TOOLS, 0)
    memory.remember(memory.key(program), MATCH)
    assert memory.recall(memory.key(program), "net.py") is None
