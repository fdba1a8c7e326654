"""The Python side, a process of its own: runs unmodified programs and records what they leave behind.

`serve` forks a child for each request, one JSON object a line; replies are `ready LAYERS` once, then `started PID` and
`done STATUS`. `python_process` is what starts it.
"""

from __future__ import annotations

import ast
import builtins
import dis
import io
import json
import os
import random
import resource
import signal
import sys
import types
from collections.abc import Mapping
from functools import partial
from typing import Any, TextIO, cast

import torch

from py2cpp_autograd.verify import isolation
from py2cpp_autograd.verify import python_siblings as siblings
from py2cpp_autograd.verify.python_model import run_model
from py2cpp_autograd.verify.python_steps import Stepper, stepped
from py2cpp_autograd.verify.python_trees import (
    begin_tree,
    generator_digest,
    has_own_text,
    is_plain,
    is_recorded,
    tree,
    write_whole,
)


class Recorder:
    """Writes the trace of one run."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.stdout = sys.stdout

    def write(self, entry: Mapping[str, object]) -> None:
        """One line."""
        data = memoryview(f"{json.dumps(entry)}\n".encode())
        while data:
            data = data[os.write(self.descriptor, data) :]

    def record(self, name: str, value: object) -> None:
        """A named value as it is now."""
        begin_tree()
        self.write({"record": name, "value": tree(value)})

    def print(
        self, *values: object, sep: str | None = None, end: str | None = None, file: object = None, flush: bool = False
    ) -> None:
        """What `print` is while the program runs."""
        self.event(values, sep, end, sys._getframe(1).f_lineno, has_text=file is None)

    def event(
        self, values: tuple[object, ...], sep: str | None, end: str | None, line: int, has_text: bool = True
    ) -> None:
        """What a line of the program prints."""
        values = tuple(str(value) if has_own_text(value) else value for value in values)  # once, as it may do things
        begin_tree()
        trees = [tree(str(value) if isinstance(value, type) else value) for value in values]
        entry: dict[str, object] = {"print": trees, "line": line}
        if has_text:
            entry["texts"] = [str(value) if is_plain(value) else None for value in values]
            entry["format"] = [" " if sep is None else sep, "\n" if end is None else end]
        self.write(entry)
        _print(*values, sep=sep, end=end, file=self.stdout)


_print = builtins.print


class Output:
    """What `sys.stdout` is while the program runs: what the program itself writes there is printed."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __getattr__(self, name: str) -> object:
        return getattr(self.recorder.stdout, name)

    def write(self, text: str) -> int:
        """`sys.stdout.write(text)`."""
        caller = sys._getframe(1)
        if not siblings.is_own(caller.f_globals.get("__name__", "")):
            return self.recorder.stdout.write(text)
        self.recorder.event((text,), None, "", caller.f_lineno)
        return len(text)


def code_in(module: types.ModuleType, parsed: ast.Module, path: str, recorder: Recorder, steps: bool) -> types.CodeType:
    """The code of a program that is to be run in a module; with `steps`, it writes down what each statement changes."""
    if steps:
        vars(builtins).update(Stepper(module, recorder.write).names)
        parsed = stepped(parsed)
    return compile(parsed, path, "exec", dont_inherit=True)


def run_script(source: str, path: str, recorder: Recorder, steps: bool = False) -> None:
    """Run a script as `__main__`, then record its module-level names."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    module.__package__ = siblings.package_of_main()
    sys.modules["__main__"] = module
    sys.argv = [path]
    parsed = ast.parse(source, path)
    imported = _imported(parsed)
    code = code_in(module, parsed, path, recorder, steps)
    try:
        exec(code, module.__dict__)
    finally:
        for name, value in list(vars(module).items()):
            hidden = (name.startswith("__") and name.endswith("__")) or name in imported
            if not hidden and is_recorded(value):
                recorder.record(name, value)


def _imported(module: ast.Module) -> frozenset[str]:
    """The names that a script has from libraries: `from math import pi`."""
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.level == 0 and not siblings.is_sibling(str(node.module))
        for alias in node.names
    )


# ------------------------------------------------------------------------------------------- processes


def child(request: Mapping[str, Any]) -> None:
    """Run one program in this process, which ends with it."""
    _limit(request)
    recorder = Recorder(request["trace"])
    source, path, steps = request["source"], request["path"], request["detail"] == "steps"
    torch.set_num_threads(1)
    random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    builtins.print, sys.stdout = recorder.print, cast("TextIO", Output(recorder))
    if request["detail"] != "digests":
        write_whole()
    error: BaseException | None = None
    siblings.install(request.get("siblings", {}), request.get("package", ""))
    try:
        if request["kind"] == "model":
            code = partial(code_in, parsed=ast.parse(source, path), path=path, recorder=recorder, steps=steps)
            run_model(code, request["seed"], request["variant"], recorder.record)
        else:
            run_script(source, path, recorder, steps)
    except SystemExit as exit_:
        error = None if exit_.code in (None, 0) else exit_
    except BaseException as raised:
        error = raised
    described = None if error is None else _described(error)
    recorder.write({"end": request["nonce"], "error": described, "generator": generator_digest()})


def _described(error: BaseException) -> Mapping[str, object]:
    line, own, trace = None, False, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":
            line = trace.tb_lineno
        own = trace.tb_next is None and _raises(trace)
        trace = trace.tb_next
    said = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)  # not in quotes
    return {"class": type(error).__name__, "message": said, "line": line, "own": own and bool(said)}


def _raises(trace: types.TracebackType) -> bool:
    """Whether it is a `raise` or an `assert` of the program that an error comes from."""
    code = trace.tb_frame.f_code.co_code
    is_own = siblings.is_own(str(trace.tb_frame.f_globals.get("__name__")))
    return is_own and code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def _limit(request: Mapping[str, Any]) -> None:
    os.setsid()
    isolation.die_with_parent()
    os.chdir(request["directory"])
    signal.alarm(int(request["seconds"]) + 5)
    isolation.limit(resource.RLIMIT_CPU, max(1, int(request["seconds"])))
    isolation.limit(resource.RLIMIT_AS, request["memory"])
    isolation.limit(resource.RLIMIT_FSIZE, request["file_size"])
    isolation.limit(resource.RLIMIT_NPROC, request["processes"])
    isolation.limit(resource.RLIMIT_NOFILE, 1024)
    isolation.limit(resource.RLIMIT_CORE, 0)
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), write_through=True, errors="replace")
    sys.stderr = sys.stdout
    os.environ["TMPDIR"] = request["directory"]
    isolation.write_only_below(request["directory"])


def warm_up() -> None:
    """Have torch load what it loads late and most programs need: nothing that a program could tell."""
    torch.manual_seed(0)
    str(torch.ones(1))


def serve(layers: str, requests: int, replies: int) -> None:
    """Answer requests until there are no more. `layers` are those in force, and what we say first."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.write(replies, f"ready {layers}\n".encode())
    with os.fdopen(requests, encoding="utf-8") as lines:
        for line in lines:
            pid = os.fork()
            if pid == 0:
                os.close(replies)
                child(json.loads(line))
                sys.stdout.flush()
                os._exit(0)
            os.write(replies, f"started {pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            _kill_group(pid)
            isolation.kill_children()
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            os.write(replies, f"done {code}\n".encode())


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
