"""What keeps programs from the machine beyond limits of their processes, where the system has it.

Every function says whether its layer is in force. `cpp_harness/src/isolation.h` does the same for the C++ side, with
the reasons.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

#: What is always in force, and what a system may have.
LIMITS, NAMESPACES, LANDLOCK = "limits", "namespaces", "landlock"

#: What each layer is, for people.
LAYERS = {
    LIMITS: "own process groups, folders and limits",
    NAMESPACES: "user and network namespaces",
    LANDLOCK: "Landlock",
}

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE, _REFER, _TRUNCATE = (1 << 1) | (0x1FF << 4), 1 << 13, 1 << 14


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def enter_namespaces() -> bool:
    """A user namespace without rights over the machine, and no network. To be entered before there are threads."""
    libc = _libc()
    user, group = os.geteuid(), os.getegid()
    if libc is None or libc.unshare(_NEW_USER | _NEW_NET) != 0:
        return False
    for name, text in (("uid_map", f"{user} {user} 1"), ("setgroups", "deny"), ("gid_map", f"{group} {group} 1")):
        with contextlib.suppress(OSError):
            Path("/proc/self", name).write_text(text)
    return True


def landlock_version() -> int:
    """The version of Landlock that the kernel has; less than 1 without one."""
    libc = _libc()
    return 0 if libc is None else int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def write_only_below(folder: str) -> bool:
    """From now on this process and its children write only below a folder, and to devices."""
    libc, version = _libc(), landlock_version()
    if libc is None or version < 1:
        return False
    access = _WRITE | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rules = libc.syscall(_CREATE_RULESET, struct.pack("<Q", access), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    done = all(_permit(libc, rules, path, access) for path in (folder, "/dev"))
    done = done and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return done


def _permit(libc: ctypes.CDLL, rules: int, path: str, access: int) -> bool:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    added: bool = libc.syscall(_ADD_RULE, rules, 1, struct.pack("<Qi", access, folder), 0) == 0
    os.close(folder)
    return added


def adopt_orphans() -> None:
    """Whoever leaves the group of a child becomes a child of this process when its parent ends."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """End when the parent does, however that ends."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def kill_children() -> None:
    """End every child that is left; nothing that this process did not start is its child."""
    for _ in range(100):
        children = list(_children())
        for child in children:
            with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
        if not children:
            return


def _children() -> Iterator[int]:
    try:
        yield from map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
    except OSError:
        return


def limit(kind: int, value: int) -> None:
    """Lower a limit of this process, where the system lets it be lowered."""
    hard = resource.getrlimit(kind)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (bound, bound))
