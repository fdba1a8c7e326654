"""Training programs, in Python and as emitted C++, in the same run: `python benchmarks/training_speed.py [PATTERN]`.

The programs are the cases of tests/cases/training that train and need no files; a pattern chooses among their names.
Each side runs with one thread, and `TIMES` times, in turns, in processes of its own; the fastest run counts: the
seconds of the program alone, and those of the whole process, which loads PyTorch.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from py2cpp_autograd import translate
from py2cpp_autograd.verify.compiler import must_run
from py2cpp_autograd.verify.toolchain import find_toolchain

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "training"
#: Runs of each side.
TIMES = 3
_ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
#: Runs a file and writes the seconds that this took, without those for loading PyTorch, as the last line of stderr.
_TIMED = """\
import sys, time
import torch, torch.nn, torch.optim
source = compile(open(sys.argv[1]).read(), sys.argv[1], "exec")
torch.manual_seed(0)
start = time.perf_counter()
exec(source, {"__name__": "__main__"})
sys.stderr.write(f"\\n{time.perf_counter() - start}\\n")
"""


@dataclass(frozen=True)
class Trained:
    """A program, and the fewest seconds that its sides took: alone, and with the start of the process."""

    name: str
    python: tuple[float, float]
    cpp: tuple[float, float]


def programs(pattern: str) -> Iterator[tuple[str, str]]:
    """The training programs, by name."""
    sys.path.insert(0, str(ROOT / "tests"))
    from golden import all_cases

    for case in all_cases():
        trains = ".step(" in case.block and case.cpp is not None and "torch.save" not in case.block
        if case.path.parent == CASES and trains and re.search(pattern, case.id):
            yield case.name, case.source


def built(source: str, name: str, folder: Path) -> Path:
    """The executable of a program, which writes the seconds that `run()` took."""
    found = translate(source, filename=f"{name}.py").cpp
    start, end = r"const auto begin_ = std::chrono::steady_clock::now();", "std::chrono::steady_clock::now() - begin_"
    told = f"std::cerr << '\\\\n' << std::chrono::duration<double>({end}).count() << '\\\\n';"
    timed = re.sub(r"^  (\w+::run\(\);)$", rf"  {start}\n  \1\n  {told}", found, flags=re.MULTILINE)
    assert timed != found
    path = folder / f"{name}.cpp"
    path.write_text(f"#include <chrono>\n#include <iostream>\n{timed}", "utf-8")
    toolchain = find_toolchain()
    made = folder / name
    must_run([toolchain.compiler, *toolchain.compile_flags, "-O2", str(path), "-o", str(made), *toolchain.link_flags])
    return made


def seconds(command: Sequence[str]) -> tuple[float, float]:
    """What a run says that it took, and what its process took."""
    start = time.perf_counter()
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=_ALONE).stderr
    return float(said.split()[-1]), time.perf_counter() - start


def measured(name: str, source: str, folder: Path) -> Trained:
    """The fastest of several runs of both sides, which take turns."""
    script, timed = folder / f"{name}.py", folder / "timed.py"
    script.write_text(source, "utf-8")
    timed.write_text(_TIMED, "utf-8")
    binary = built(source, name, folder)
    runs = [(seconds([sys.executable, str(timed), str(script)]), seconds([str(binary)])) for _ in range(TIMES)]
    python, cpp = ([side[place] for side in runs] for place in (0, 1))
    return Trained(name, fastest(python), fastest(cpp))


def fastest(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The fewest seconds, of the program and of the process."""
    return min(run[0] for run in runs), min(run[1] for run in runs)


def main() -> int:
    """Print the table."""
    found = list(programs(sys.argv[1] if len(sys.argv) > 1 else ""))
    toolchain = find_toolchain()
    print(f"{toolchain.version}, {toolchain.torch_version.partition(' ')[0]}, one thread, fastest of {TIMES}")
    print(
        "| program | Python s | C++ s | ratio | Python process s | C++ process s |\n|---|---|---|---|---|---|",
        flush=True,
    )
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (title, source) in enumerate(found):
            one = measured(f"program_{number}", source, Path(folder))
            ratios.append(one.python[0] / one.cpp[0])
            numbers = (
                f"{one.python[0]:.3f} | {one.cpp[0]:.3f} | {ratios[-1]:.2f} | {one.python[1]:.2f} | {one.cpp[1]:.2f}"
            )
            print(f"| {title} | {numbers} |", flush=True)
    print(f"{len(ratios)} programs, median ratio {sorted(ratios)[len(ratios) // 2]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
