"""The class of a loader as Python, with samplers and generators where the program gives loaders any."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from py2cpp_autograd.frontend.own_names import SPELLED

#: What loaders take besides what all have, where the program gives it to one of them, with the parameter for it.
_PARAMETERS: Final = {"sampler": " sampler=None,", "generator": ", generator=None"}
EXTRAS: Final = frozenset(_PARAMETERS)

# Left of the bar stands what a line is for: loaders that are given a sampler, a generator, or no such thing; or all.
# With a generator, Python draws an order of which it takes nothing where the last batch is made, or is not full.
_CLASS: Final = '''\
             |
             |class {name}:
             |    """The batches of {dataset}, as a loader gives them."""
             |    def __init__(self, dataset, batch_size=1, shuffle=False,{sampler} drop_last=False{generator}):
sampler      |        if shuffle and sampler is not None:
sampler      |            raise ValueError("sampler option is mutually exclusive with shuffle")
             |        if shuffle and {len}(dataset) == 0:
             |            raise ValueError("num_samples should be a positive integer value")
             |        self.dataset = dataset
             |        self.batch_size = batch_size
             |        self.shuffle = shuffle
             |        self.drop_last = drop_last
sampler      |        self.sampler = sampler
generator    |        self.generator = generator
             |
sampler      |    def samples(self):
sampler      |        if self.sampler is not None:
sampler      |            return {len}(self.sampler)
sampler      |        return {len}(self.dataset)
sampler      |
             |    def __len__(self):
             |        if self.drop_last:
sampler      |            return self.samples() // self.batch_size
no sampler   |            return {len}(self.dataset) // self.batch_size
sampler      |        return (self.samples() + self.batch_size - 1) // self.batch_size
no sampler   |        return ({len}(self.dataset) + self.batch_size - 1) // self.batch_size
             |
             |    def __iter__(self):
generator    |        {library}.empty((), dtype={library}.int64).random_(generator=self.generator)
no generator |        {library}.empty((), dtype={library}.int64).random_()
             |        order = {library}.arange({len}(self.dataset))
generator    |        if self.shuffle and self.generator is None:
no generator |        if self.shuffle:
             |            generator = {library}.Generator()
             |            generator.manual_seed({int}({library}.empty((), dtype={library}.int64).random_().item()))
             |            order = {library}.randperm({len}(self.dataset), generator=generator)
generator    |        left_over = False
generator    |        if self.shuffle and self.generator is not None:
generator    |            order = {library}.randperm({len}(self.dataset), generator=self.generator)
generator    |            left_over = True
sampler      |        if self.sampler is not None:
sampler      |            order = {library}.tensor({list}(self.sampler))
             |        batches = {len}(self)
             |        for step in {range}(batches):
             |            rows = order[step * self.batch_size:(step + 1) * self.batch_size]
generator    |            if left_over and {len}(rows) < self.batch_size:
generator    |                {library}.randperm({len}(self.dataset), generator=self.generator)
generator    |                left_over = False
             |            batch = [self.dataset[{int}(row)] for row in rows]
             |            yield {batch}
generator    |        if left_over:
generator    |            {library}.randperm({len}(self.dataset), generator=self.generator)
'''


def class_text(name: str, dataset: str, batch: str, given: Set[str]) -> str:
    """The class whose loaders are given `given` of EXTRAS."""
    parameters = {extra: parameter if extra in given else "" for extra, parameter in _PARAMETERS.items()}
    text = "".join(_lines(given))
    return text.format(name=name, dataset=dataset, batch=batch, **parameters, **SPELLED)


def _lines(given: Set[str]) -> Iterator[str]:
    for line in _CLASS.splitlines(keepends=True):
        wanted, _, text = line.partition("|")
        extra = wanted.strip().removeprefix("no ")
        if not extra or (extra in given) != wanted.startswith("no "):
            yield text
