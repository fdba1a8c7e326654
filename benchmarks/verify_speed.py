"""How fast `verify` is against a naive build, in the same run: `python benchmarks/verify_speed.py [COUNT]`.

CPU seconds of this process and its children; wall seconds too, which other load on the machine makes longer.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, run, verify_programs
from py2cpp_autograd.verify.compiler import must_run
from py2cpp_autograd.verify.toolchain import find_toolchain

SMALL = """\
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor([[0.5, -1.0, 0.25], [1.5, 0.75, -2.0]], requires_grad=True)
scale = {scale}
y = torch.softmax(x * scale, 0)
z = torch.tanh(w @ y)
loss = (z * z).sum()
(g,) = torch.autograd.grad(loss, x, create_graph=True)
penalty = (g * g).sum() + loss
penalty.backward()
print(penalty)
"""


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """The CPU and the wall seconds of some work."""
    before, begin = _cpu(), time.monotonic()
    work()
    return _cpu() - before, time.monotonic() - begin


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def verify(count: int, cache: Path | None = None) -> None:
    """Verify programs that are in no cache."""
    fresh = int.from_bytes(os.urandom(4), "little")
    programs = [Program(f"program_{i}.py", SMALL.format(scale=1 + (fresh + i) / 2**33)) for i in range(count)]
    assert all(verdict.status == "match" for verdict in verify_programs(programs, VerifyOptions(cache=cache)))


def naive() -> None:
    """What a person would do: compile the translation against `<torch/torch.h>`."""
    toolchain = find_toolchain()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "program.cpp")
        source.write_text(translate(SMALL.format(scale=2.0), filename="program.py").cpp, "utf-8")
        command = [toolchain.compiler, *toolchain.compile_flags, str(source), "-o", f"{folder}/program"]
        must_run([*command, *toolchain.link_flags])


def first() -> None:
    """Verify on a machine where nothing is prepared; what is prepared behind it is not counted."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(run, "prepare_in_background"):
        verify(1, Path(folder))


def command_line(arguments: Sequence[str]) -> None:
    """Start the interpreter with these arguments."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def unchanged() -> float:
    """CPU seconds that the command takes for a program that has not changed, beyond the interpreter's start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(SMALL.format(scale=2.0), "utf-8")
        again = ["-m", "py2cpp_autograd", "verify", str(path)]
        command_line(again)
        return measured(lambda: command_line(again))[0] - measured(lambda: command_line(["-c", ""]))[0]


def main() -> int:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    verify(1)  # what is built once is built
    base = measured(naive)
    print(f"{'':34} {'CPU s':>8} {'wall s':>8} {'naive / this':>13}")
    print(f"{'naive build of one program':34} {base[0]:8.2f} {base[1]:8.2f}", flush=True)
    rows: dict[str, tuple[int, Callable[[], None]]] = {
        "first verification on a machine": (1, first),
        "verify of one changed program": (1, lambda: verify(1)),
        f"verify of {count} programs, each": (count, lambda: verify(count)),
    }
    for label, (number, work) in rows.items():
        cpu, wall = (seconds / number for seconds in measured(work))
        print(f"{label:34} {cpu:8.2f} {wall:8.2f} {base[0] / cpu:12.1f}x", flush=True)
    print(f"{'verify of one unchanged program':34} {unchanged():8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
