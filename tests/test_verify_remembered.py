"""What `check` remembers: matches of the same program in the same setting, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from py2cpp_autograd.verify.remembered import Memory
from py2cpp_autograd.verify.toolchain import Toolchain
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
    keys = {memory.key(program) for memory in memories}
    renamed = program.rename(tmp_path / "other.py")
    keys.add(memories[0].key(renamed))
    renamed.write_text("import torch \n")
    keys.add(memories[0].key(renamed))
    assert len(keys) == 6


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
