"""Resident processes of one side, and the threads that wait for them."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Generic, TypeVar

from py2cpp_autograd.verify.sides import CppSide, PythonSide

Side = TypeVar("Side", PythonSide, CppSide)
Outcome = TypeVar("Outcome")


class Pool(Generic[Side]):
    """`count` processes that are started now and stay until `close`."""

    def __init__(self, make: Callable[[], Side], count: int) -> None:
        self._stack = ExitStack()
        self.sides: list[Side] = [self._stack.enter_context(make()) for _ in range(count)]
        self._threads = self._stack.enter_context(ThreadPoolExecutor(count))
        self._free: queue.SimpleQueue[Side] = queue.SimpleQueue()
        for side in self.sides:
            self._free.put(side)

    def __call__(self, work: Callable[[Side], Outcome]) -> Future[Outcome]:
        """Run a call with the next process that is free, in a thread."""
        return self._threads.submit(self._call, work)

    def _call(self, work: Callable[[Side], Outcome]) -> Outcome:
        side = self._free.get()
        try:
            return work(side)
        finally:
            self._free.put(side)

    @property
    def is_alive(self) -> bool:
        """Whether no process has ended."""
        return all(side.process.poll() is None for side in self.sides)

    def close(self) -> None:
        """Wait for the calls that run, and end the processes."""
        self._stack.close()
