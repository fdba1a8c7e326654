"""How long the command takes to start, as a ratio to Python with click alone: `python benchmarks/start_up.py`."""

from __future__ import annotations

import subprocess
import sys
import time


def fastest(arguments: list[str]) -> float:
    """The shortest of several runs, in seconds: what the machine can do when nothing else disturbs it."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print one line for each light command."""
    click_alone = fastest(["-c", "import click"])
    for option in ("--version", "--help"):
        seconds = fastest(["-m", "py2cpp_autograd", option])
        print(f"{option:10} {seconds / click_alone:.2f} x click alone ({click_alone * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
