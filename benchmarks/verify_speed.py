"""How fast `verify` is against a naive build, in the same run: `python benchmarks/verify_speed.py [COUNT]`.

CPU seconds of this process and its children; wall seconds too, which other load on the machine makes longer.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, Session, VerifyOptions, run, verify_programs
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.compiler import must_run
from py2cpp_autograd.verify.runtime import runtime
from py2cpp_autograd.verify.toolchain import find_toolchain

#: Changed programs one after another.
TIMES = 5
#: Other compilers that have rows where they are found.
CLANGS = ("clang++", "clang++-19", "clang++-16", "clang++-14")

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


def measured(work: Callable[[], None], groups: Sequence[int] = ()) -> tuple[float, float]:
    """The CPU and the wall seconds of some work, that of these groups of processes, which stay, included."""
    before, begin = _cpu(groups), time.monotonic()
    work()
    return _cpu(groups) - before, time.monotonic() - begin


def _cpu(groups: Sequence[int]) -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(map(_cpu_of_group, groups))


def _cpu_of_group(group: int) -> float:
    """What living processes of a group have used, and those that they have waited for."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text("latin-1").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15])) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def fastest(work: Callable[[], None], groups: Sequence[int] = ()) -> tuple[float, float]:
    """The fastest of several times, which says what the machine can do when nothing else disturbs it."""
    return min((measured(work, groups) for _ in range(TIMES)), key=lambda seconds: seconds[1])


def new_programs(count: int) -> list[Program]:
    """Programs that are in no cache."""
    fresh = int.from_bytes(os.urandom(4), "little")
    return [Program(f"program_{i}.py", SMALL.format(scale=1 + (fresh + i) / 2**33)) for i in range(count)]


def verify(count: int, cache: Path | None = None, compiler: str | None = None) -> None:
    """Verify programs that are in no cache."""
    verdicts = verify_programs(new_programs(count), VerifyOptions(cache=cache, compiler=compiler))
    assert all(verdict.status == "match" for verdict in verdicts)


def changed_in(session: Session) -> None:
    """Verify one changed program with processes that stay: what `watch` does when a file is saved."""
    assert session.verify_programs(new_programs(1))[0].status == "match"


def naive(compiler: str | None = None) -> None:
    """What a person would do: compile the translation against `<torch/torch.h>`."""
    toolchain = find_toolchain(compiler)
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


def rows(count: int, compiler: str) -> None:
    """Print the rows of one compiler."""
    runtime(find_toolchain(compiler), cache_root(None))  # what is built once is built
    verify(1, compiler=compiler)
    base = measured(lambda: naive(compiler))
    print(f"{Path(compiler).name + ', naive build of one program':52} {base[0]:8.2f} {base[1]:8.2f}", flush=True)
    with Session(VerifyOptions(compiler=compiler)) as session:
        changed_in(session)
        resident = fastest(lambda: changed_in(session), session.process_ids)
    show("one changed program, processes that stay (`watch`)", resident, base)
    show("one changed program", fastest(lambda: verify(1, compiler=compiler)), base)
    batch = measured(lambda: verify(count, compiler=compiler))
    show(f"{count} programs, each", (batch[0] / count, batch[1] / count), base)


def show(label: str, used: tuple[float, float], base: tuple[float, float]) -> None:
    """Print a row."""
    ratios = f"{base[0] / used[0]:12.1f}x {base[1] / used[1]:12.1f}x"
    print(f"{label:52} {used[0]:8.3f} {used[1]:8.3f} {ratios}", flush=True)


def main() -> int:
    """Print the table: for the default compiler, and for clang++ where there is one."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    toolchain = find_toolchain()
    print(f"{toolchain.version}, {toolchain.torch_version.partition(' ')[0]}, {toolchain.linker_flags or 'ld'}")
    print(f"{'':52} {'CPU s':>8} {'wall s':>8} {'CPU ratio':>13} {'wall ratio':>13}")
    base = measured(naive)
    show("first verification on a machine", measured(first), base)
    for compiler in dict.fromkeys((toolchain.compiler, *filter(None, map(shutil.which, CLANGS)))):
        rows(count, compiler)
    print(f"{'one unchanged program, beyond the interpreter':52} {unchanged():8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
