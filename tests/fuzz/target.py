"""One parser to be fuzzed: sound samples to spoil, and what must hold of whatever is read in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parsers.errors import ParseError
from tests.fuzz.mutate import mutations


@dataclass(frozen=True, slots=True)
class Target:
    """``attempt`` reads one input and asserts what it promises; only ``ParseError`` may leave it.

    ``usual``: inputs at each run of the tests. ``share``: of them, the least that must still be read, so
    that a target which refuses everything at the door is seen.
    """

    name: str
    files: tuple[str, ...]
    """Files under ``parsers`` that it reaches."""
    seeds: Callable[[], Sequence[bytes]]
    attempt: Callable[[bytes], None]
    usual: int = 1000
    share: float = 0.05


@dataclass(frozen=True, slots=True)
class Attempt:
    """One input: whether it was read or refused, what surprised, the seconds it took."""

    number: int
    read: bool
    surprise: BaseException | None
    seconds: float
    data: bytes


def attempts(target: Target, count: int) -> Iterator[Attempt]:
    """Give ``count`` spoilt inputs to the parser; the same at every run."""
    seed = sum(target.name.encode())
    for number, data in enumerate(mutations(target.seeds(), count, seed)):
        surprise: BaseException | None = None
        read = False
        began = time.perf_counter()
        try:
            target.attempt(data)
            read = True
        except ParseError:
            pass
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            surprise = error
        yield Attempt(number, read, surprise, time.perf_counter() - began, data)
