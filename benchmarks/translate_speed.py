"""How long translation takes, as a ratio to importing libcst: `python benchmarks/translate_speed.py`.

Cold: the command, from the start of the interpreter, on the golden cases of tests/cases/training of about 100 lines.
Warm: `translate` in a process that has translated them before. Bytecode is written, as it is where the package is
installed. Seconds are of the processor; the fastest run counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from py2cpp_autograd import translate

ROOT = Path(__file__).parents[1]
#: Runs of each measurement.
TIMES = 5
#: The lines of the programs.
SHORT, LONG = 80, 120


def programs() -> Iterator[tuple[str, str]]:
    """The training programs of about 100 lines, by name."""
    sys.path.insert(0, str(ROOT / "tests"))
    from golden import all_cases

    for case in all_cases():
        if case.path.parent.name == "training" and case.cpp and SHORT <= case.source.count("\n") <= LONG:
            yield case.name, case.source


def of_process(arguments: list[str], bytecode: str) -> float:
    """The processor's seconds of a Python process that can keep its bytecode."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    seconds = []
    for _ in range(TIMES + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


def warm(source: str) -> float:
    """The processor's seconds of a translation in this process."""
    seconds = []
    for _ in range(TIMES):
        start = time.process_time()
        assert translate(source).status == "translated"
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Print one line for each program."""
    with tempfile.TemporaryDirectory() as folder:
        libcst = of_process(["-c", "import libcst"], folder)
        print(f"import libcst: {libcst * 1000:.0f} ms\n| program | lines | cold ms | x libcst | warm ms |")
        print("|---|---|---|---|---|")
        for name, source in programs():
            path = Path(folder) / "program.py"
            path.write_text(source, "utf-8")
            cold = of_process(["-m", "py2cpp_autograd", "translate", str(path)], folder)
            lines = source.count("\n")
            print(f"| {name} | {lines} | {cold * 1000:.0f} | {cold / libcst:.2f} | {warm(source) * 1000:.0f} |")


if __name__ == "__main__":
    main()
