"""Programs that fail, in Python or in C++, while others of their batch match; rows of `machine_faults.py`'s table."""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

SECONDS = 30
RIGHT = "import torch\nx = torch.tensor([1.0, -2.0], requires_grad=True)\n(x * x).sum().backward()\nprint(x.grad)\n"
#: C++ by hand that records what `RIGHT` has, behind a fault.
_BY_HAND = """\
#include <torch/torch.h>
#include "py2cpp/probe.h"
#include <fstream>
#include <signal.h>
#include <unistd.h>
#include <vector>
int main() {{
  {fault}
  auto x = torch::tensor({{1.0, -2.0}}, torch::requires_grad());
  (x * x).sum().backward();
  py2cpp::record("x", x);
}}
"""
_HEAD = "import ctypes, os, signal, sys, torch\nx = torch.ones(2)\n"
_FORGED = '{"record": "x", "value": {"k": "none"}}\\n{"end": "", "error": null, "generator": ""}\\n'
#: Python that fails, and how that may end.
IN_PYTHON = {
    "endless loop": ("while True:\n    pass\n", "timeout"),
    "waits for ever": ("import time\ntime.sleep(1000)\n", "timeout"),
    "out of memory": ("x = bytearray(1 << 45)\n", "python_error: MemoryError"),
    "segmentation fault": ("ctypes.string_at(0)\n", "python_error: ended with signal 11"),
    "abort": ("os.abort()\n", "python_error: ended with signal 6"),
    "exit(0) before the result": ("os._exit(0)\n", "python_error: ended with status 0"),
    "a forged result": (f"open('trace', 'w').write('{_FORGED}')\nos._exit(0)\n", "python_error: ended with status 0"),
    "a forged result, printed": (f"os.write(1, b'{_FORGED}')\nos._exit(0)\n", "python_error: ended with status 0"),
    "ends its parent": ("os.kill(os.getppid(), signal.SIGKILL)\n", "python_error: ended with signal 9"),
    "ends its group": ("os.killpg(0, signal.SIGKILL)\n", "python_error: ended with signal 9"),
    "fills its disk": ("f = open('big', 'wb')\nf.seek(1 << 40)\nf.write(b'x')\nf.close()\n", "python_error: OSError"),
    "a bomb of forks": (
        "children = []\nfor k in range(50):\n    if os.fork() == 0:\n        signal.pause()\nos._exit(0)\n",
        "python_error: ended with status 0",
    ),
    "a stack without end": ("def f(n):\n    return f(n + 1)\nf(0)\n", "python_error: RecursionError"),
}  # fmt: skip
#: The same in C++.
IN_CPP = {
    "endless loop": ("for (volatile int i = 0;; i = 1) {}", "timeout"),
    "waits for ever": ("pause();", "timeout"),
    "out of memory": ("std::vector<char> all(1ull << 45);", "cpp_error: std::bad_alloc"),
    "segmentation fault": ("*static_cast<volatile int*>(nullptr) = 1;", "cpp_error: ended with signal 11"),
    "abort": ("std::abort();", "cpp_error: ended with signal 6"),
    "exit(0) before the result": ("std::exit(0);", "cpp_error: ended with status 0"),
    "a forged result": (
        f'std::ofstream("trace") << R"({_FORGED})"; _exit(0);', "cpp_error: ended with status 0",
    ),
    "ends its parent": ("kill(getppid(), 9);", "cpp_error: ended with signal 9"),
    "another status": ("return 3;", "cpp_error: std::runtime_error: main returns 3"),
    "throws what is no error": ("throw 1;", "cpp_error: int"),
}  # fmt: skip
#: 100 MB on standard output, by both sides.
TALKATIVE = "import torch\nx = torch.ones(2)\nfor k in range(1000):\n    print('e' * 100000)\n"


@dataclass(frozen=True)
class Row:
    """A fault, how it ended, and how it should have; seconds of the side that fails."""

    name: str
    outcome: str
    expected: str
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether it ended as it should, and in time."""
        return self.outcome.startswith(self.expected) and self.seconds < SECONDS


def _programs() -> dict[str, tuple[Program, str]]:
    """The programs by the faults' names, each with how it should end."""
    found: dict[str, tuple[Program, str]] = {}
    for number, (name, (lines, expected)) in enumerate(IN_PYTHON.items()):
        program = Program(f"python_{number}.py", _HEAD + lines, _BY_HAND.format(fault=""))
        found[f"Python: {name}"] = program, expected
    for number, (name, (line, expected)) in enumerate(IN_CPP.items()):
        found[f"C++: {name}"] = Program(f"cpp_{number}.py", RIGHT, _BY_HAND.format(fault=line)), expected
    for number in range(3):
        found[f"no fault, {number + 1}"] = Program(f"right_{number}.py", RIGHT), "match"
    return found


def rows() -> list[Row]:
    """All rows, from one batch but for the talkative program, which needs its time."""
    programs = _programs()
    verdicts = verify_programs([program for program, _ in programs.values()], VerifyOptions(timeout=4))
    programs["both: 100 MB on standard output"] = Program("talkative.py", TALKATIVE), "match"
    verdicts += verify_programs([Program("talkative.py", TALKATIVE)], VerifyOptions(timeout=SECONDS))
    return [
        Row(name, _outcome(verdict), expected, verdict.timings.run_python + verdict.timings.run_cpp)
        for (name, (_, expected)), verdict in zip(programs.items(), verdicts, strict=True)
    ]


def _outcome(verdict: Verdict) -> str:
    return verdict.status if verdict.status in ("match", "timeout") else f"{verdict.status}: {verdict.detail}"
