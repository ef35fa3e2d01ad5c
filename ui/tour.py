"""A first look round: a few commands with what they answer, on whatever is loaded."""

from __future__ import annotations

from collections.abc import Callable

from crm_store.demo.world import HARBOUR
from ui.commands import search
from ui.terminal import out, say

STOPS: tuple[tuple[str, Callable[[], None]], ...] = (
    (
        'almoner search "kohen"',
        lambda: search.search(["kohen"], None, 4, HARBOUR.slug, None, False),
    ),
)
MORE = (
    ("almoner report --list", "every measure, with its definition"),
    ("almoner segment --help", "audiences in one filter language, shown back in words"),
    ("almoner import FILE --dry-run", "what a CSV or XLSX would bring, before anything is written"),
    ("almoner doctor", "is everything well?"),
    ("almoner --help", "everything else"),
)


def show() -> None:
    for command, stop in STOPS:
        out.print()
        out.print(f"[bold cyan]$ {command}[/bold cyan]", highlight=False)
        stop()
    out.print()
    say("Also worth a look:", "bold")
    for command, what in MORE:
        out.print(f"  [cyan]{command:<32}[/cyan] {what}", highlight=False)
