"""Imports as people read them at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm_store.importers.preview import Example, Fault, Preview
from crm_store.importers.retrying import Retried
from crm_store.importers.undoing import Undone
from crm_store.imports.models import MatchedBy
from ui.terminal import say, table

HOW = {
    MatchedBy.NAME: "its name", MatchedBy.CONTENT: "its content", MatchedBy.PERSON: "you",
    MatchedBy.REMEMBERED: "the last time", MatchedBy.NONE: "",
}  # fmt: skip
WHO = {"gifts": "donors", "donors": "donors", "people": "people", "companies": "companies",
       "leads": "leads"}  # fmt: skip


def show(found: Any) -> None:
    if isinstance(found, Preview):
        show_preview(found)
    elif isinstance(found, Undone):
        show_undone(found)
    elif isinstance(found, Retried):
        good = found.tried - found.still_bad
        say(
            f"{good:,} of {found.tried:,} bad rows are good now; {found.still_bad:,} still are not."
        )
    else:
        show_imported(found)


def show_preview(found: Preview) -> None:
    """From the whole to the parts: what it is, what would happen, what to look at."""
    where = f", headers in row {found.header_row}" if found.header_row > 1 else ""
    say(f"{found.file}: {found.rows:,} rows of {found.noun.value} ({found.details}{where})", "bold")
    say("")
    table("Columns", ("column", "is", "sure", "told by", "samples", ""), [
        (c.header, c.field or "left out", f"{c.confidence:.0%}" if c.field else "",
         HOW[c.matched_by], " · ".join(sample[:24] for sample in c.samples[:2]), c.remark)
        for c in found.columns
    ])  # fmt: skip
    say("")
    _outcome(found)
    _examples(f"New {WHO[found.noun.value]}", found.new_examples, found.new)
    _examples("Recorded already", found.matched_examples, found.matched)
    _examples("To look at: new, but perhaps somebody known", found.doubtful_examples,
              found.doubtful)  # fmt: skip
    _faults("Left alone", found.known_rows)
    _faults("Bad rows", found.faults)
    say("")
    say("Nothing was written. Run it again without --dry-run to import.", "dim")


def _outcome(found: Preview) -> None:
    rows: list[tuple[Any, ...]] = [
        (found.good, "rows would be imported"),
        (found.duplicates, "rows are there already and would be left alone"),
        (found.bad, "rows are bad and would be kept aside"),
        (found.new, f"{WHO[found.noun.value]} would be new"),
        (found.matched, f"{WHO[found.noun.value]} are recorded already"),
        (found.doubtful, "of the new ones may be somebody known"),
    ]
    table("What would happen", ("", ""), [row for row in rows if row[0]])
    for one in found.sums:
        total = "(hidden)" if one.total is None else f"{one.total:,.2f}"
        say(f"  {total} {one.currency} in {one.gifts:,} gifts", "bold")
    if found.oldest and found.newest:
        say(f"  from {found.oldest:%d %B %Y} to {found.newest:%d %B %Y}")


def _examples(title: str, examples: Sequence[Example], total: int) -> None:
    if not examples:
        return
    say("")
    table(f"{title} ({total:,})", ("row", "in the file", "in the records", "because"), [
        (e.row, e.name, e.other, e.why) for e in examples
    ])  # fmt: skip
    if total > len(examples):
        say(f"  … and {total - len(examples):,} more", "dim")


def _faults(title: str, faults: Sequence[Fault]) -> None:
    if not faults:
        return
    say("")
    table(title, ("rows", "reason", "for example", "in rows"), [
        (f.rows, f.reason, " · ".join(f.values[:3]),
         ", ".join(map(str, f.first_rows)) + ("…" if f.rows > len(f.first_rows) else ""))
        for f in faults
    ])  # fmt: skip


def show_imported(found: Any) -> None:
    job = found.job
    say(f"{job.loaded_rows:,} rows imported, {job.duplicate_rows:,} were there already, "
        f"{job.bad_rows:,} are bad.", "green" if not job.bad_rows else "")  # fmt: skip
    if found.reasons:
        table(None, ("reason", "rows"), found.reasons[:12])
    say(f"Import {job.id}", "bold")
    if job.bad_rows:
        say(f"  once the mapping is mended: almoner import --retry-bad {job.id}", "dim")
    say(f"  to take it back: almoner import --undo {job.id}", "dim")


def show_undone(found: Undone) -> None:
    if found.was_undone:
        say("This import has been taken back already.")
        return
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in found.taken.items() if count]
    say(f"Taken back: {', '.join(parts) or 'nothing'}.")
    if found.kept:
        shown = found.kept[:20]
        table(f"{len(found.kept):,} rows stay", ("row", "reason"), shown)
