"""A first look round: a few commands with what they answer, on whatever is loaded."""

from __future__ import annotations

from collections.abc import Callable

from crm_store.demo.world import HARBOUR
from ui.commands import report, search, segment
from ui.terminal import out, say

STOPS: tuple[tuple[str, Callable[[], None]], ...] = (
    (
        'almoner search "kohen"',
        lambda: search.search(["kohen"], None, 4, HARBOUR.slug, None, False),
    ),
    (
        "almoner report raised donors --by fiscal_year --period all_time",
        lambda: report.report(
            ["raised", "donors"], ["fiscal_year"], "all_time", only=["currency=EUR"],
            org=HARBOUR.slug,
        ),
    ),
    (
        "almoner segment list",
        lambda: segment.show(HARBOUR.slug, None, False),
    ),
)  # fmt: skip
MORE = (
    ("almoner report --list", "every measure, with its definition"),
    ("almoner import FILE --dry-run", "what a file would bring; writes nothing"),
    ("almoner search X --as E-MAIL", "the same, with somebody's rights"),
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
