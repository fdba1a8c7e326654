"""The class of a loader as Python, with samplers and generators where the program gives loaders any."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from py2cpp_autograd.frontend.own_names import SPELLED

#: What loaders take besides what all have, where the program gives it to one of them.
EXTRAS: Final = ("sampler", "generator")
#: What each loader of a class is given: a sampler of the program's own, asked for one place after the other; one of
#: batches; one of batches that draws all when a pass begins, before the loader does; and what makes a batch.
OWN, BATCHES, EARLY, COLLATE = "own_sampler", "batch_sampler", "early_batch_sampler", "collate_fn"
GIVEN: Final = {OWN: "sampler", BATCHES: "batch_sampler", EARLY: "batch_sampler", COLLATE: "collate_fn"}
#: The sampler does not say how many places it gives, so that nobody can ask the loader.
UNSIZED: Final = "unsized"
#: The data set gives its items in an order of its own.
STREAM: Final = "stream"

# Left of the bar stands what a line is for: loaders that are given a sampler, a generator, or no such thing; or all.
# With a generator, Python draws an order of which it takes nothing where the last batch is made, or is not full.
_CLASS: Final = '''\
              |
              |class {name}:
              |    """The batches of {dataset}, as a loader gives them."""
              |    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False{extras}):
sampler       |        if shuffle and sampler is not None:
sampler       |            raise ValueError("sampler option is mutually exclusive with shuffle")
              |        if shuffle and {len}(dataset) == 0:
              |            raise ValueError("num_samples should be a positive integer value")
              |        self.dataset = dataset
              |        self.batch_size = batch_size
              |        self.shuffle = shuffle
              |        self.drop_last = drop_last
              |{kept}
              |
sampler       |    def samples(self):
sampler       |        if self.sampler is not None:
sampler       |            return {len}(self.sampler)
sampler       |        return {len}(self.dataset)
sampler       |
              |    def __len__(self):
              |        if self.drop_last:
sampler       |            return self.samples() // self.batch_size
no sampler    |            return {len}(self.dataset) // self.batch_size
sampler       |        return (self.samples() + self.batch_size - 1) // self.batch_size
no sampler    |        return ({len}(self.dataset) + self.batch_size - 1) // self.batch_size
              |
              |    def __iter__(self):
              |        {library}.empty((), dtype={library}.int64).random_({drawing})
              |        order = {library}.arange({len}(self.dataset))
generator     |        if self.shuffle and self.generator is None:
no generator  |        if self.shuffle:
              |            generator = {library}.Generator()
              |            generator.manual_seed({int}({library}.empty((), dtype={library}.int64).random_().item()))
              |            order = {library}.randperm({len}(self.dataset), generator=generator)
generator     |        left_over = False
generator     |        if self.shuffle and self.generator is not None:
generator     |            order = {library}.randperm({len}(self.dataset), generator=self.generator)
generator     |            left_over = True
sampler       |        if self.sampler is not None:
sampler       |            order = {library}.tensor({list}(self.sampler))
              |        batches = {len}(self)
              |        for step in {range}(batches):
              |            rows = order[step * self.batch_size:(step + 1) * self.batch_size]
generator     |            if left_over and {len}(rows) < self.batch_size:
generator     |                {library}.randperm({len}(self.dataset), generator=self.generator)
generator     |                left_over = False
              |            batch = [self.dataset[{int}(row)] for row in rows]
              |            yield {batch}
generator     |        if left_over:
generator     |            {library}.randperm({len}(self.dataset), generator=self.generator)
'''
_FIRST: Final = '''
class {name}:
    """The batches of {dataset}, as a loader gives them."""
    def __init__(self, dataset{extras}):
        self.dataset = dataset
{kept}
    def __iter__(self):
'''
_STREAM: Final = '''
        {library}.empty((), dtype={library}.int64).random_({drawing})
        batch = []
        for item in self.dataset:
            batch.append(item)
            if {len}(batch) == self.batch_size:
                yield {batch}
                batch = []
        if {len}(batch) > 0 and not self.drop_last:
            yield {batch}
'''
_OWN: Final = '''
        {library}.empty((), dtype={library}.int64).random_({drawing})
        places = []
        for place in self.sampler:
            places.append(place)
            if {len}(places) == self.batch_size:
                batch = [self.dataset[taken] for taken in places]
                yield {batch}
                places = []
        if {len}(places) > 0 and not self.drop_last:
            batch = [self.dataset[taken] for taken in places]
            yield {batch}

    def __len__(self):
        if self.drop_last:
            return {len}(self.sampler) // self.batch_size
        return ({len}(self.sampler) + self.batch_size - 1) // self.batch_size
'''
_SIZE: Final = '''
    def __len__(self):
        return {len}(self.batch_sampler)
'''
_BATCHES: Final = '''
        {library}.empty((), dtype={library}.int64).random_({drawing})
        for places in self.batch_sampler:
            batch = [self.dataset[taken] for taken in places]
            yield {batch}
'''
_EARLY: Final = '''
        drawn = {list}(self.batch_sampler)
        {library}.empty((), dtype={library}.int64).random_({drawing})
        for places in drawn:
            batch = [self.dataset[taken] for taken in places]
            yield {batch}
'''
_ORDERS: Final = {STREAM: _STREAM, OWN: _OWN, BATCHES: _BATCHES + _SIZE, EARLY: _EARLY + _SIZE}


def class_text(name: str, dataset: str, batch: str, given: Set[str]) -> str:
    """The class whose loaders are given `given` of EXTRAS and GIVEN; STREAM is said of the data set."""
    order = next((text for kind, text in _ORDERS.items() if kind in given), None)
    sizes = {"batch_size": "1", "drop_last": "False"} if given & {STREAM, OWN} else {}
    defaults = {**sizes, **{extra: "None" for extra in EXTRAS if extra in given}}
    needed = [GIVEN[extra] for extra in GIVEN if extra in given]
    extras = "".join(f", {extra}={default}" for extra, default in defaults.items())
    extras += ", *" * bool(needed) + "".join(f", {extra}" for extra in needed)
    kept = "".join(f"        self.{extra} = {extra}\n" for extra in (*defaults, *needed))
    drawing = "generator=self.generator" if "generator" in given else ""
    if order is not None and UNSIZED in given:
        order = order.partition("\n    def __len__")[0]
    text = "".join(_lines(given)) if order is None else f"{_FIRST.rstrip()}{order}"
    return text.format(name=name, dataset=dataset, batch=batch, extras=extras, drawing=drawing, kept=kept, **SPELLED)


def _lines(given: Set[str]) -> Iterator[str]:
    for line in _CLASS.splitlines(keepends=True):
        wanted, _, text = line.partition("|")
        extra = wanted.strip().removeprefix("no ")
        if not extra or (extra in given) != wanted.startswith("no "):
            yield text
