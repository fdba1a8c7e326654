"""The Python side, a process of its own: runs unmodified programs and records what they leave behind.

`serve` forks a child for each request, one JSON object a line; replies are `ready LAYERS` once, then `started PID` and
`done STATUS`. `python_process` is what starts it.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import json
import os
import random
import resource
import signal
import struct
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any, cast

import torch

from py2cpp_autograd.verify import isolation
from py2cpp_autograd.verify import python_siblings as siblings
from py2cpp_autograd.verify.python_model import run_model

Tree = dict[str, Any]

#: Tensors of more bytes than these are written as a digest, as in C++.
_MOST_WRITTEN = 256 << 10
_INT64 = range(-(2**63), 2**63)


def tree(value: object, depth: int = 0) -> Tree:
    """The recorded form of a value."""
    match value:
        case None:
            return {"k": "none"}
        case bool():
            return {"k": "bool", "v": value}
        case int():
            return {"k": "int", "v": value} if value in _INT64 else {"k": "opaque"}
        case float():
            return {"k": "float", "bits": struct.pack("<d", value).hex()}
        case complex():
            return {"k": "complex", "bits": struct.pack("<dd", value.real, value.imag).hex()}
        case str():
            return {"k": "str", "v": value}
        case torch.Tensor():
            return tensor_tree(value)
        case torch.nn.Module():
            return _module(value)
        case torch.dtype():
            return {"k": "dtype", "v": str(value).removeprefix("torch.")}
        case torch.device():
            return {"k": "device", "v": str(value)}
        case list() | tuple() | deque() if depth < 50:
            return {"k": "seq", "items": [tree(item, depth + 1) for item in value]}
        case dict() if depth < 50:
            return {"k": "dict", "items": [[_key(key), tree(item, depth + 1)] for key, item in value.items()]}
        case _:
            return {"k": "opaque"}


def _key(key: object) -> str:
    if isinstance(key, str):
        return json.dumps(key, ensure_ascii=False)
    return str(key) if isinstance(key, int) else "?"


def tensor_tree(value: torch.Tensor) -> Tree:
    """A tensor with its metadata and gradient."""
    with torch.no_grad():
        plain = value.detach()
        dense = plain if plain.layout == torch.strided else plain.to_dense()
        # A copy: `contiguous` keeps strange strides of one element, and zero gradients without memory.
        dense = dense.resolve_conj().resolve_neg().cpu().clone(memory_format=torch.contiguous_format)
        bits = _bits(dense)
    grad = value.grad if value.is_leaf or value.retains_grad else None
    return {
        "k": "tensor",
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": list(value.shape),
        "layout": "strided" if value.layout == torch.strided else "other",
        "requires_grad": value.requires_grad,
        "is_leaf": value.is_leaf,
        "grad_fn": None if value.grad_fn is None else value.grad_fn.name(),
        **bits,
        "grad": None if grad is None else tensor_tree(grad),
    }


class _Limit:
    """How many bytes of a tensor are written down; None for all. Greater ones are written as a digest."""

    most: int | None = _MOST_WRITTEN


_written = _Limit()


def _bits(dense: torch.Tensor) -> Mapping[str, str]:
    """The bits of a contiguous tensor, or, of a large one, their digest, in which all NaN are one."""
    if dense.numel() == 0:
        return {"bits": ""}
    if _written.most is None or dense.nbytes <= _written.most:
        return {"bits": dense.reshape(-1).view(torch.uint8).numpy().tobytes().hex()}
    dense = torch.view_as_real(dense) if dense.is_complex() else dense
    if dense.is_floating_point():
        dense = dense.masked_fill(dense.isnan(), float("nan"))
    return {"digest": _digest(dense.reshape(-1).view(torch.uint8))}


def _module(module: torch.nn.Module) -> Tree:
    return {
        "k": "module",
        "training": module.training,
        "parameters": [[name, tensor_tree(p)] for name, p in module.named_parameters(remove_duplicate=False)],
        "buffers": [[name, tensor_tree(b)] for name, b in module.named_buffers(remove_duplicate=False)],
    }


def is_recorded(value: object) -> bool:
    """Whether a module-level name of this value is recorded."""
    match value:
        case bool() | int() | float() | str() | torch.Tensor() | torch.nn.Module() | None:
            return True
        case torch.nn.utils.rnn.PackedSequence():
            return False  # a tuple in Python, an object of its own in C++
        case list() | tuple() | deque():
            return all(map(is_recorded, value))
        case dict():
            return all(map(is_recorded, value.values()))
        case _:
            return False


def is_plain(value: object) -> bool:
    """Whether C++ shows a value as Python does: a text, a number, or a container of such."""
    if type(value) in (list, tuple, set, deque):
        return all(map(is_plain, cast("Iterable[object]", value)))
    if type(value) in (dict, OrderedDict, defaultdict, Counter):
        items = cast("Mapping[object, object]", value)
        return all(map(is_plain, items)) and all(map(is_plain, items.values()))
    return value is None or type(value) in (str, int, float, bool)


class Recorder:
    """Writes the trace of one run."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(self, entry: Mapping[str, object]) -> None:
        """One line."""
        data = memoryview(f"{json.dumps(entry)}\n".encode())
        while data:
            data = data[os.write(self.descriptor, data) :]

    def record(self, name: str, value: object) -> None:
        """A named value as it is now."""
        self.write({"record": name, "value": tree(value)})

    def print(
        self, *values: object, sep: str | None = None, end: str | None = None, file: object = None, flush: bool = False
    ) -> None:
        """What `print` is while the program runs."""
        line = sys._getframe(1).f_lineno
        trees = [tree(str(value) if isinstance(value, type) else value) for value in values]
        entry: dict[str, object] = {"print": trees, "line": line}
        if file is None:
            entry["texts"] = [str(value) if is_plain(value) else None for value in values]
            entry["format"] = [" " if sep is None else sep, "\n" if end is None else end]
        self.write(entry)
        _print(*values, sep=sep, end=end)


_print = builtins.print


def generator_digest() -> str:
    """The digest of the state of the default generator, as the C++ side computes it."""
    return _digest(torch.get_rng_state())


def _digest(data: torch.Tensor) -> str:
    return hashlib.blake2b(data.numpy().data, digest_size=32).hexdigest()


class Stepper:
    """Writes down, behind each statement of a script, the module-level values that it changed."""

    def __init__(self, module: types.ModuleType, recorder: Recorder) -> None:
        self.module = module
        self.recorder = recorder
        self.seen: dict[str, int] = {}
        self.written = 0

    def step(self, line: int) -> None:
        """Write what has changed since the last step."""
        if self.written > _MOST_STEPPED:
            return
        changed: dict[str, Tree] = {}
        for name, value in list(vars(self.module).items()):
            if not (name.startswith("__") and name.endswith("__")) and is_recorded(value):
                found = tree(value)
                digest = hash(json.dumps(found))
                if self.seen.get(name) != digest:
                    changed[name] = found
                self.seen[name] = digest
        self.written += sum(map(len, map(json.dumps, changed.values())))
        self.recorder.write({"step": line, "changed": changed})


class _Stepped(ast.NodeTransformer):
    """Calls the stepper behind each simple statement outside functions and classes."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [made for statement in block for made in self._with_step(statement)])
        for handler in getattr(node, "handlers", []):
            self.generic_visit(handler)
        return node

    def _with_step(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Delete):
            call = ast.Call(ast.Name(_STEP, ast.Load()), [ast.Constant(node.lineno)], [])
            return [node, ast.copy_location(ast.Expr(call), node)]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.generic_visit(node)
        return [node]


#: What the stepper is called in the program.
_STEP = "__py2cpp_step__"
#: Steps stop here, as in C++: a long run's first difference is found in its beginning, or not at all.
_MOST_STEPPED = 64 << 20


def run_script(source: str, path: str, recorder: Recorder, steps: bool = False) -> None:
    """Run a script as `__main__`, then record its module-level names."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    module.__package__ = siblings.package_of_main()
    sys.modules["__main__"] = module
    sys.argv = [path]
    parsed = ast.parse(source, path)
    if steps:
        vars(builtins)[_STEP] = Stepper(module, recorder).step
        parsed = ast.fix_missing_locations(_Stepped().visit(parsed))
    try:
        exec(compile(parsed, path, "exec", dont_inherit=True), module.__dict__)
    finally:
        for name, value in list(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")) and is_recorded(value):
                recorder.record(name, value)


# ------------------------------------------------------------------------------------------- processes


def child(request: Mapping[str, Any]) -> None:
    """Run one program in this process, which ends with it."""
    _limit(request)
    recorder = Recorder(request["trace"])
    source = request["source"]
    torch.set_num_threads(1)
    random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    builtins.print = recorder.print
    _written.most = _MOST_WRITTEN if request["detail"] == "digests" else None
    error: BaseException | None = None
    siblings.install(request.get("siblings", {}), request.get("package", ""))
    try:
        if request["kind"] == "model":
            run_model(source, request["path"], request["seed"], request["variant"], recorder.record)
        else:
            run_script(source, request["path"], recorder, request["detail"] == "steps")
    except SystemExit as exit_:
        error = None if exit_.code in (None, 0) else exit_
    except BaseException as raised:
        error = raised
    described = None if error is None else _described(error)
    recorder.write({"end": request["nonce"], "error": described, "generator": generator_digest()})


def _described(error: BaseException) -> Mapping[str, object]:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":
            line = trace.tb_lineno
        trace = trace.tb_next
    return {"class": type(error).__name__, "message": str(error), "line": line}


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
