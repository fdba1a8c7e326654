"""Golden cases: Markdown files whose headings are test names and whose fenced blocks are assertions.

    # A gradient is refused          <- the case's name
    ```py
    torch.autograd.grad(y, x, is_grads_batched=True)  # error: 27 [PCA402] "is_grads_batched"
    ```

A `py` block is a program; `import torch`, `torch.nn as nn`, `torch.nn.functional as F` and `from torch import optim`
are implied unless it imports something itself. An `# error: COLUMN [CODE] "text"` comment says that its line (or, on a
line of its own, the next one) is refused there; columns are 1-based. A `# warning:` is asserted alike. A `cpp` block is
the expected C++ without the boilerplate around it. A `parity` block (TOML) may set `seed`, and `within = "ulp(N)"` with
a `because`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).parent / "cases"
_PRELUDE = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import optim\n"
_IMPORT = re.compile(r"^(import|from) ", re.MULTILINE)
_ASSERTED = re.compile(r'# (error|warning): (\d+) \[(PCA\d{3})\] "([^"]*)"')
_PARITY_KEYS = {"seed", "within", "because"}


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """An asserted diagnostic: a line of the block, a 1-based column, a code, and a part of the message."""

    line: int
    column: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case: where it is, its program, the errors it asserts, and its C++ block (None when there is none)."""

    path: Path
    name: str
    line: int  # of the fence of the py block
    block: str
    cpp: str | None
    parity: dict[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`topic/file::heading`, for pytest."""
        return f"{self.path.relative_to(CASES).with_suffix('')}::{self.name}"

    @property
    def stem(self) -> str:
        """The name of the program's file, unique among all cases: it becomes the C++ namespace."""
        return re.sub(r"\W+", "_", self.id.lower()).strip("_")

    @property
    def seed(self) -> int:
        """The seed of both sides; 0 unless the parity block says otherwise."""
        seed = self.parity.get("seed", 0)
        assert isinstance(seed, int)
        return seed

    @property
    def within_ulp(self) -> int:
        """The largest difference that the case permits; 0 (bit for bit) unless the parity block says otherwise."""
        within = re.fullmatch(r"ulp\((\d+)\)", str(self.parity.get("within", "ulp(0)")))
        assert within, f"{self.id}: within must be ulp(N)"
        return int(within[1])

    @property
    def prelude_lines(self) -> int:
        """How many lines `source` has before the block's own."""
        return 0 if _IMPORT.search(self.block) else _PRELUDE.count("\n")

    @property
    def source(self) -> str:
        """The program as Python and the translator see it."""
        return (_PRELUDE if self.prelude_lines else "") + self.block

    @property
    def errors(self) -> list[Expected]:
        """The asserted errors, in order; an empty list means that the case translates."""
        return self._asserted("error")

    @property
    def diagnostics(self) -> list[Expected]:
        """All that is asserted, in order."""
        return sorted(self.errors + self._asserted("warning"))

    def _asserted(self, severity: str) -> list[Expected]:
        found: list[Expected] = []
        lines = self.block.split("\n")
        for number, line in enumerate(lines, start=1):
            target = number
            while lines[target - 1].lstrip().startswith(f"# {severity}:"):
                target += 1
            for severity_, column, code, text in _ASSERTED.findall(line):
                found += [Expected(target, int(column), code, text)] if severity_ == severity else []
        return sorted(found)


@dataclass(frozen=True, slots=True)
class _Fence:
    language: str
    line: int
    text: str
    heading: str


def _fences(text: str) -> list[_Fence]:
    """The fenced blocks of a Markdown text, each with the heading above it."""
    found: list[_Fence] = []
    heading, language, start = "", None, 0
    body: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if language is not None:
            if line == "```":
                found.append(_Fence(language, start, "".join(f"{one}\n" for one in body), heading))
                language = None
            else:
                body.append(line)
        elif line.startswith("```"):
            language, start, body = line[3:], number, []
        elif line.startswith("#"):
            heading = line.lstrip("#").strip()
    assert language is None, f"line {start}: the block is not closed"
    return found


def read_cases(path: Path) -> list[Case]:
    """The cases of one file, in order."""
    cases: list[Case] = []
    for fence in _fences(path.read_text(encoding="utf-8")):
        place = f"{path}:{fence.line}"
        if fence.language == "py":
            assert fence.heading not in {case.name for case in cases}, f"{place}: two cases under one heading"
            cases.append(Case(path, fence.heading, fence.line, fence.text, None))
        else:
            assert fence.language in {"cpp", "parity"}, f"{place}: unknown block {fence.language!r}"
            assert cases and cases[-1].name == fence.heading, f"{place}: no py block before it"
            cases[-1] = _with_block(cases[-1], fence, place)
    return cases


def _with_block(case: Case, fence: _Fence, place: str) -> Case:
    if fence.language == "cpp":
        assert case.cpp is None and not case.errors, f"{place}: a cpp block too many"
        return Case(case.path, case.name, case.line, case.block, fence.text, case.parity)
    parity = tomllib.loads(fence.text)
    assert set(parity) <= _PARITY_KEYS, f"{place}: unknown keys"
    assert "within" not in parity or "because" in parity, f"{place}: anything looser than exact needs a `because`"
    return Case(case.path, case.name, case.line, case.block, case.cpp, parity)


def all_cases() -> list[Case]:
    """Every case under tests/cases."""
    return [case for path in sorted(CASES.rglob("*.md")) for case in read_cases(path)]


def shown(cpp: str) -> str:
    """What a cpp block shows of a generated file: the definitions, then the body of `run()`, dedented."""
    match = re.search(r"^namespace \w+ \{\n(.*)^\}  // namespace \w+$", cpp, re.MULTILINE | re.DOTALL)
    assert match, "the file has no namespace"
    inside = match[1].strip("\n") + "\n"
    run = re.search(r"^void run\(\) \{\n(.*?)^\}\n", inside, re.MULTILINE | re.DOTALL)
    if run is None:
        return inside
    body = re.sub(r"^  ", "", run[1], flags=re.MULTILINE)
    rest = inside[: run.start()].rstrip("\n")
    return (f"{rest}\n\n" if rest else "") + body


def rewrite(path: Path, blocks: dict[str, str]) -> bool:
    """Replace the cpp blocks of the cases named in `blocks`, adding those that lack; whether the file changed."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    for fence in reversed(_fences(text)):
        end = fence.line + fence.text.count("\n") + 1
        if fence.heading not in blocks:
            continue
        if fence.language == "cpp":
            del lines[fence.line - 1 : end]
        elif fence.language == "py":
            lines[end:end] = ["```cpp", *blocks[fence.heading].rstrip("\n").split("\n"), "```"]
    new = "\n".join(lines)
    if new != text:
        path.write_text(new, encoding="utf-8")
    return new != text
