"""Training programs, in Python and as emitted C++, in the same run: `python benchmarks/training_speed.py [PATTERN]`.

The programs are the cases of tests/cases/training that train and write no files; a pattern chooses among their names.
Python's seconds are those of the program in a process that has loaded PyTorch and made an optimizer, which loads more.
C++'s are those of `verify`, less those of a program that does nothing: `verify` starts a process and records every
value, so that they are too many rather than too few. One thread, one program at a time, `TIMES` times;
the fastest counts.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs
from py2cpp_autograd.verify.toolchain import find_toolchain

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "training"
#: Runs of each side.
TIMES = 3
#: Runs the programs that it reads, and writes their seconds as the last line of stderr.
_TIMED = """\
import json, sys, time
import torch
torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1).step()
times = []
for source in json.load(sys.stdin):
    program = compile(source, "program.py", "exec")
    torch.manual_seed(0)
    start = time.perf_counter()
    exec(program, {"__name__": "__main__"})
    times.append(time.perf_counter() - start)
sys.stderr.write("\\n" + json.dumps(times))
"""


def programs(pattern: str) -> Iterator[tuple[str, str]]:
    """The training programs, by name."""
    sys.path.insert(0, str(ROOT / "tests"))
    from golden import all_cases

    for case in all_cases():
        trains = ".step(" in case.block and case.cpp is not None and "torch.save" not in case.block
        if case.path.parent == CASES and trains and re.search(pattern, case.id):
            yield case.name, case.source


def in_python(found: Sequence[tuple[str, str]]) -> list[float]:
    """The seconds of each program in Python."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    given = json.dumps([source for _, source in found])
    command = [sys.executable, "-c", _TIMED]
    said = subprocess.run(command, input=given, check=True, capture_output=True, text=True, env=alone).stderr
    times: list[float] = json.loads(said.splitlines()[-1])
    return times


def in_cpp(found: Sequence[tuple[str, str]]) -> list[float]:
    """The seconds of each program in C++, which must match; a seed of its own has it run again."""
    written = [Program(f"program_{number}.py", source) for number, (_, source) in enumerate(found)]
    verdicts = verify_programs(
        written, VerifyOptions(jobs=1, seed=int.from_bytes(os.urandom(3), "little"), timeout=600)
    )
    assert all(verdict.status == "match" for verdict in verdicts), [verdict.status for verdict in verdicts]
    return [verdict.timings.run_cpp for verdict in verdicts]


def main() -> int:
    """Print the table."""
    found = [("nothing", "nothing = 0\n"), *programs(sys.argv[1] if len(sys.argv) > 1 else "")]
    runs = [(in_python(found), in_cpp(found)) for _ in range(TIMES)]
    toolchain = find_toolchain()
    print(f"{toolchain.version}, {toolchain.torch_version.partition(' ')[0]}, one thread, fastest of {TIMES}")
    print("| program | Python s | C++ s | Python / C++ |\n|---|---|---|---|")
    ratios = []
    starts = min(seconds[0] for _, seconds in runs)
    for number, (name, _) in enumerate(found[1:], start=1):
        python, cpp = (min(run[side][number] for run in runs) for side in (0, 1))
        cpp -= starts
        ratios.append(python / cpp)
        print(f"| {name} | {python:.3f} | {cpp:.3f} | {ratios[-1]:.2f} |")
    print(f"\n{len(ratios)} programs, median ratio {sorted(ratios)[len(ratios) // 2]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
