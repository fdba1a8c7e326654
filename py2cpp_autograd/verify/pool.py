"""Resident processes of one side, and the threads that wait for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from py2cpp_autograd.verify.errors import SideError
from py2cpp_autograd.verify.sides import Family, Side

Outcome = TypeVar("Outcome")


class Pool(Generic[Side]):
    """`count` processes that are started now and stay until `close`; when one ends, others take their places."""

    def __init__(self, make: Callable[[int], Family[Side]], count: int) -> None:
        self._make = make
        self._count = count
        self._mending = threading.Lock()
        self.family: Family[Side] = make(count)
        self._ended: list[Family[Side]] = []
        self._threads = ThreadPoolExecutor(count)
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for place in range(count):
            self._free.put(place)

    def __call__(self, work: Callable[[Side], Outcome]) -> Future[Outcome]:
        """Run a call with the next process that is free, in a thread."""
        return self._threads.submit(self._call, work)

    def _call(self, work: Callable[[Side], Outcome]) -> Outcome:
        place = self._free.get()
        try:
            return work(self._whole_family().sides[place])
        except SideError:  # this program has ended it, or another one has, and all with it
            with self._make(1) as alone:
                alone.sides[0].is_last_chance = True
                return work(alone.sides[0])
        finally:
            self._free.put(place)

    def _whole_family(self) -> Family[Side]:
        """The processes, new ones when one has ended."""
        with self._mending:
            if not self.family.is_alive:
                self._ended.append(self.family)  # not closed: another thread may still wait for one of them
                self.family = self._make(self._count)
            family: Family[Side] = self.family
            return family

    def close(self) -> None:
        """Wait for the calls that run, and end the processes."""
        self._threads.shutdown()
        for family in (*self._ended, self.family):
            family.__exit__()
