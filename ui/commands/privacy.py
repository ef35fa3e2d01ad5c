"""`almoner export` and `almoner erase`: handing out what is held, and forgetting it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Annotated, Any
from uuid import UUID

import typer

from crm_store.privacy.erasing import Erasure, erase_person
from crm_store.privacy.exporting import PersonExport, export_person
from crm_store.privacy.lists import Listed, list_out
from crm_store.privacy.planning import ErasurePlan, plan_erasure
from crm_store.store import Store
from ui.asking import asker
from ui.terminal import (
    AsJson,
    AsOption,
    OrgOption,
    as_json,
    fail,
    opened,
    out,
    progress,
    run,
    say,
    table,
)


def export(
    what: Annotated[str, typer.Argument(help="person, donors, gifts or people.")],
    name: Annotated[str | None, typer.Argument(help="Whose: with person only.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="A .json or .zip file for a person's data.")
    ] = None,
    to_csv: Annotated[
        Path | None, typer.Option("--csv", help="The file for a list; - for standard output.")
    ] = None,
    segment: Annotated[str | None, typer.Option(help="Only the members of this segment.")] = None,
    org: OrgOption = None,
    as_email: AsOption = None,
) -> None:
    """Take out everything held on one person, or a list as a spreadsheet."""
    if what == "person":
        if not name:
            fail('Say whose, as in: almoner export person "Ruth Cohen".')
        _export_person(name, to, org, as_email)
    elif what in set(Listed):
        if to_csv is None:
            fail(f"Say where to, as in: almoner export {what} --csv {what}.csv")
        _export_list(Listed(what), to_csv, segment, org, as_email)
    else:
        fail("There is person, donors, gifts or people to export.")


def erase(
    name: Annotated[str, typer.Argument(help="Who is to be forgotten.")],
    because: Annotated[
        str, typer.Option("--because", help="Why; it stays in the log.")
    ] = "Asked to be forgotten.",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the name again.")] = False,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Forget a person for good; money stays in the totals, and papers as the law asks."""

    async def work() -> ErasurePlan | Erasure:
        async with opened() as store:
            plan = await _planned(store, name, org, as_email)
            if not json:
                _show(plan)
            if dry_run or plan.obstacles:
                return plan
            if not yes and typer.prompt(f"Type {plan.name} to erase them") != plan.name:
                fail("That is not the name; nothing was erased.")
            async with store.begin(await asker(store, org, as_email)) as crm:
                return await erase_person(crm, plan.person_id, because)

    done = run(work())
    if json:
        as_json(done)
    if isinstance(done, Erasure):
        _told(done, quiet=json)
    elif done.obstacles:
        raise typer.Exit(1)


def _export_person(name: str, to: Path | None, org: str | None, as_email: str | None) -> None:
    async def work() -> PersonExport:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            person = await crm.search.resolve_person(name)
            return await export_person(crm, person.id)

    found = run(work())
    if to is None:
        sys.stdout.write(found.json())
        return
    content = found.zip() if to.suffix == ".zip" else found.json().encode()
    with _own_file(to) as file:
        file.write(content)
    say(f"{found.records:,} records on {found.name} are in {to}.", "green")


def _export_list(
    what: Listed, to: Path, segment: str | None, org: str | None, as_email: str | None
) -> None:
    async def work() -> tuple[int, tuple[str, ...]]:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            listing = await list_out(crm, what, segment)
            with _sheet(to) as sheet, progress(f"Writing {what}", listing.total) as step:
                sheet.writerow(listing.headings)
                async for row in listing.rows:
                    sheet.writerow(row)
                    step()
        return listing.total, listing.left_out

    total, left_out = run(work())
    if str(to) != "-":
        say(f"{total:,} {what} are in {to}.", "green")
        if left_out:
            say(f"Left out, as you may not see them: {', '.join(left_out)}.", "dim")


@contextmanager
def _sheet(to: Path) -> Iterator[Any]:
    if str(to) == "-":
        with nullcontext(sys.stdout) as stream:
            yield csv.writer(stream)
        return
    with _own_file(to) as file:
        file.write("\ufeff".encode())
        with open(file.fileno(), "w", encoding="utf-8", newline="", closefd=False) as stream:
            file.flush()
            yield csv.writer(stream)


@contextmanager
def _own_file(to: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read."""
    to.unlink(missing_ok=True)
    to.touch(mode=0o600)
    with to.open("wb") as file:
        yield file


async def _planned(store: Store, name: str, org: str | None, as_email: str | None) -> ErasurePlan:
    async with store.begin(await asker(store, org, as_email)) as crm:
        return await plan_erasure(crm, await _person(crm, name))


async def _person(crm: Any, name: str) -> UUID:
    found: UUID = (await crm.search.resolve_person(name)).id
    return found


def _show(plan: ErasurePlan) -> None:
    table(f"Goes for good: {plan.name}", ("what", "records"), plan.goes)
    if plan.stays:
        out.print()
        rows: Sequence[Sequence[Any]] = [(one.what, one.records, one.why) for one in plan.stays]
        table("Stays without a name", ("what", "records", "why"), rows)
    if plan.receipts:
        numbers = ", ".join(one.number for one in plan.receipts)
        say(f"Receipts stay as issued until {plan.kept_until}: {numbers}.")
    if plan.held_with:
        say(f"Held together with {', '.join(plan.held_with)}, who stay.")
    for obstacle in plan.obstacles:
        say(obstacle, "red")


def _told(done: Erasure, *, quiet: bool) -> None:
    if not quiet:
        say(f"{done.plan.name} is forgotten. {done.fingerprints} addresses stay closed.", "green")
        for file in done.files:
            say(f"To be removed by hand: {file}", "yellow")
