"""The class of a loader as Python, with samplers and generators where the program gives loaders any."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

#: The library's module, under a name that no program gives it.
LIBRARY: Final = "library__"
#: What loaders take besides what all have, where the program gives it to one of them.
EXTRAS: Final = frozenset({"sampler", "generator"})

_CLASS: Final = '''
class {name}:
    """The batches of {dataset}, as a loader gives them."""
    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False):
        if shuffle and len(dataset) == 0:
            raise ValueError("num_samples should be a positive integer value")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last

    def __len__(self):
        if self.drop_last:
            return len(self.dataset) // self.batch_size
        return (len(self.dataset) + self.batch_size - 1) // self.batch_size

    def __iter__(self):
        {library}.empty((), dtype={library}.int64).random_()
        order = {library}.arange(len(self.dataset))
        if self.shuffle:
            generator = {library}.Generator()
            generator.manual_seed(int({library}.empty((), dtype={library}.int64).random_().item()))
            order = {library}.randperm(len(self.dataset), generator=generator)
        batches = len(self)
        for step in range(batches):
            rows = order[step * self.batch_size:(step + 1) * self.batch_size]
            batch = [self.dataset[int(row)] for row in rows]
            yield {batch}
'''
#: What changes in the class, by what loaders are given.
_CHANGES: Final = {
    "sampler": (
        ("shuffle=False,", "shuffle=False, sampler=None,"),
        (
            "        if shuffle and",
            "        if shuffle and sampler is not None:\n"
            '            raise ValueError("sampler option is mutually exclusive with shuffle")\n'
            "        if shuffle and",
        ),
        ("self.drop_last = drop_last\n", "self.drop_last = drop_last\n        self.sampler = sampler\n"),
        (
            "\n    def __len__",
            "\n    def samples(self):\n"
            "        if self.sampler is not None:\n"
            "            return len(self.sampler)\n"
            "        return len(self.dataset)\n"
            "\n    def __len__",
        ),
        ("return len(self.dataset) //", "return self.samples() //"),
        ("return (len(self.dataset) +", "return (self.samples() +"),
        (
            "        batches = len(self)\n",
            "        if self.sampler is not None:\n"
            "            order = {library}.tensor(list(self.sampler))\n"
            "        batches = len(self)\n",
        ),
    ),
    # With a generator, Python draws an order of which it takes nothing where the last batch is made, or is not full.
    "generator": (
        ("drop_last=False", "drop_last=False, generator=None"),
        ("self.drop_last = drop_last\n", "self.drop_last = drop_last\n        self.generator = generator\n"),
        ("random_()\n", "random_(generator=self.generator)\n"),
        ("        if self.shuffle:\n", "        if self.shuffle and self.generator is None:\n"),
        (
            "generator=generator)\n",
            "generator=generator)\n"
            "        left_over = False\n"
            "        if self.shuffle and self.generator is not None:\n"
            "            order = {library}.randperm(len(self.dataset), generator=self.generator)\n"
            "            left_over = True\n",
        ),
        (
            "            batch = [",
            "            if left_over and len(rows) < self.batch_size:\n"
            "                {library}.randperm(len(self.dataset), generator=self.generator)\n"
            "                left_over = False\n"
            "            batch = [",
        ),
        (
            "            yield {batch}\n",
            "            yield {batch}\n"
            "        if left_over:\n"
            "            {library}.randperm(len(self.dataset), generator=self.generator)\n",
        ),
    ),
}


def class_text(name: str, dataset: str, batch: str, given: Set[str]) -> str:
    """The class whose loaders are given `given` of EXTRAS."""
    text = _CLASS
    for extra in sorted(given):
        for old, new in _CHANGES[extra]:
            assert old in text
            text = text.replace(old, new, 1)
    return text.format(name=name, dataset=dataset, library=LIBRARY, batch=batch)
