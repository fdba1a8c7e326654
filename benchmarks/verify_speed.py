"""How fast `verify` is against a naive build, in the same run: `python benchmarks/verify_speed.py`.

CPU seconds of this process and its children; wall seconds too, which other load on the machine makes longer.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs
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


def verify(count: int) -> None:
    """Verify programs that are in no cache."""
    fresh = int.from_bytes(os.urandom(4), "little")
    programs = [Program(f"program_{i}.py", SMALL.format(scale=1 + (fresh + i) / 2**33)) for i in range(count)]
    assert all(verdict.status == "match" for verdict in verify_programs(programs, VerifyOptions()))


def naive() -> None:
    """What a person would do: compile the translation against `<torch/torch.h>`."""
    toolchain = find_toolchain()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "program.cpp")
        source.write_text(translate(SMALL.format(scale=2.0), filename="program.py").cpp, "utf-8")
        command = [toolchain.compiler, *toolchain.compile_flags, str(source), "-o", f"{folder}/program"]
        must_run([*command, *toolchain.link_flags])


def main() -> int:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    verify(1)  # what is built once is built
    base = measured(naive)
    print(f"{'':34} {'CPU s':>8} {'wall s':>8} {'naive / this':>13}")
    print(f"{'naive build of one program':34} {base[0]:8.2f} {base[1]:8.2f}")
    rows = {"verify of one changed program": 1, f"verify of {count} programs, each": count}
    for label, number in rows.items():
        cpu, wall = (seconds / number for seconds in measured(lambda number=number: verify(number)))
        print(f"{label:34} {cpu:8.2f} {wall:8.2f} {base[0] / cpu:12.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
