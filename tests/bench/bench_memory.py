"""Memory of the serving process while large messages arrive together: by number, and by size.

``python -m tests.bench.bench_memory`` prints the table. The listener runs in a process of its own, new for
each line; the senders are threads of this one. Resident memory is read in ``/proc``: before the first large
message, and the highest the kernel ever saw (``VmHWM``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from gateway.settings import Smtp
from tests.bench.bench_intake import Memory, together
from tests.bench.table import Table

LARGE, SMALL = 20_000_000, 2_000_000
LOADS = ((1, LARGE), (5, LARGE), (20, LARGE), (50, LARGE), (50, SMALL))
"""Messages together, and bytes of each: what grows with the number, and what with the size."""
_SESSIONS = Smtp().max_sessions

Say = Callable[[str], None]


def run(say: Say, loads: tuple[tuple[int, int], ...] = LOADS) -> list[Table]:
    """Measure; ``say`` hears the progress."""
    measured = []
    for count, size in loads:
        say(f"memory: {count} messages of {size // 1_000_000} MB together")
        measured.append(together(count, size))
    return [_table(measured)]


def _table(measured: list[Memory]) -> Table:
    return Table(
        "Memory when large messages arrive together",
        "Messages over SMTP, all sessions open before the first byte of a message; MiB of resident memory "
        "of the serving process, idle and at its highest (`VmHWM`).",
        ("messages together", "MB each", "idle", "highest", "growth", "growth a message"),
        tuple(
            (
                str(m.messages),
                str(m.size // 1_000_000),
                f"{m.before:.0f}",
                f"{m.highest:.0f}",
                f"{_growth(m):.0f}",
                f"{_growth(m) / m.messages:.1f}",
            )
            for m in measured
        ),
        _notes({(m.messages, m.size): m for m in measured}),
    )


def _notes(by_load: dict[tuple[int, int], Memory]) -> tuple[str, ...]:
    many, few, light = (by_load.get(load) for load in ((50, LARGE), (5, LARGE), (50, SMALL)))
    if many is None or few is None or light is None:
        return ()
    sent = many.messages * many.size / (1 << 20)
    each = _growth(many) / many.messages
    growth = (
        f"Target: memory flat when 50 messages of 20 MB arrive together. They grow the process by "
        f"{_growth(many):.0f} MiB, {100 * _growth(many) / sent:.0f} % of the {sent:.0f} MiB sent; ten "
        f"times smaller, they grow it by {_growth(light):.0f} MiB; five of 20 MB by {_growth(few):.0f} MiB."
    )
    bound = (
        f"What grows is the buffers of a session, {each:.1f} MiB each whatever the message, so the bound "
        f"is `smtp.max_sessions` ({_SESSIONS} by default, about {each * _SESSIONS:.0f} MiB). Smaller read "
        "buffers would lower it, at the price of more turns of the loop a message."
    )
    return growth, bound


def _growth(measured: Memory) -> float:
    return measured.highest - measured.before


def main() -> None:
    for table in run(lambda line: print(line, file=sys.stderr)):
        sys.stdout.write(table.markdown() + "\n")


if __name__ == "__main__":
    main()
