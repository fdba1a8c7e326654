"""Training programs, in Python and as emitted C++, in the same run: `python benchmarks/training_speed.py [PATTERN]`.

The programs are the cases of tests/cases/training that train and write no files; a pattern chooses among their names.
The times are those of `verify`: one thread, one program at a time, in processes that have loaded PyTorch, what is
recorded for the comparison included. Each side runs `TIMES` times, with other seeds; the fastest run counts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs
from py2cpp_autograd.verify.toolchain import find_toolchain

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "training"
#: Runs of each side.
TIMES = 3


def programs(pattern: str) -> Iterator[tuple[str, str]]:
    """The training programs, by name."""
    sys.path.insert(0, str(ROOT / "tests"))
    from golden import all_cases

    for case in all_cases():
        trains = ".step(" in case.block and case.cpp is not None and "torch.save" not in case.block
        if case.path.parent == CASES and trains and re.search(pattern, case.id):
            yield case.name, case.source


def timed(found: Sequence[tuple[str, str]], seed: int) -> list[tuple[float, float]]:
    """The seconds of Python and of C++ for each program, which must match."""
    written = [Program(f"program_{number}.py", source) for number, (_, source) in enumerate(found)]
    verdicts = verify_programs(written, VerifyOptions(jobs=1, seed=seed, timeout=600))
    assert all(verdict.status == "match" for verdict in verdicts), [verdict.status for verdict in verdicts]
    return [(verdict.timings.run_python, verdict.timings.run_cpp) for verdict in verdicts]


def main() -> int:
    """Print the table."""
    found = list(programs(sys.argv[1] if len(sys.argv) > 1 else ""))
    runs = [timed(found, seed) for seed in range(1, TIMES + 1)]
    toolchain = find_toolchain()
    print(f"{toolchain.version}, {toolchain.torch_version.partition(' ')[0]}, one thread, fastest of {TIMES}")
    print("| program | Python s | C++ s | Python / C++ |\n|---|---|---|---|")
    ratios = []
    for number, (name, _) in enumerate(found):
        python, cpp = (min(run[number][side] for run in runs) for side in (0, 1))
        ratios.append(python / cpp)
        print(f"| {name} | {python:.3f} | {cpp:.3f} | {ratios[-1]:.2f} |")
    print(f"\n{len(ratios)} programs, median ratio {sorted(ratios)[len(ratios) // 2]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
