"""`almoner segment`: audiences in one filter language, shown back in words."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated, Any

import typer

from crm_store.crm import Crm
from crm_store.errors import Invalid
from crm_store.segments import actions, fields
from crm_store.segments.language import read_filter
from crm_store.segments.models import Segment, SegmentKind, Subject
from crm_store.segments.views import Preview, SegmentView
from ui.asking import asker
from ui.terminal import AsJson, AsOption, OrgOption, as_json, opened, run, say, table

app = typer.Typer(help="Audiences.", no_args_is_help=True)

Written = Annotated[
    str,
    typer.Argument(
        help='JSON, or @FILE, as in {"kind": "gave", "period": "last_fiscal_year"} or '
        '{"kind": "field", "field": "city", "is": "is", "value": "Larnaca"}; '
        'joined by {"kind": "all", "of": […]}, any, not.'
    ),
]
Of = Annotated[Subject, typer.Option("--of", help="Donors or people.")]
Name = Annotated[str, typer.Argument(help="The segment's name.")]


@app.command("list")
def show(org: OrgOption = None, as_email: AsOption = None, json: AsJson = False) -> None:
    """Every saved segment, in words and numbers."""

    async def work() -> list[SegmentView]:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            rows = await crm.segments.all(crm.segments.rows().order_by(Segment.name))
            return [await _view(crm, row) for row in rows]

    found = run(work())
    if json:
        as_json(found)
    else:
        rows = [(one.name, one.kind.value, one.count, one.in_words) for one in found]
        table(None, ("name", "kind", "count", "means"), rows)


@app.command()
def preview(
    filter: Written,
    of: Of = Subject.DONORS,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Whom a filter would mean, before it is saved: in words, in numbers, and a few by name."""

    async def work() -> Preview:
        node = read_filter(_filter(filter))
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            return await crm.segments.preview(node, of)

    found = run(work())
    if json:
        as_json(found)
        return
    say(found.in_words, "bold")
    say(f"{found.count:,} {found.subject.value}.")
    if found.unseen:
        say(f"{found.unseen:,} more are not visible to you.")
    for _, name in found.sample:
        say(f"  {name}")


@app.command()
def save(
    name: Name,
    filter: Written,
    of: Of = Subject.DONORS,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Keep a filter as a segment that follows the data."""

    async def work() -> SegmentView:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            wanted = _filter(filter)
            row = await actions.save_segment(crm, name, wanted, subject=of, description=description)
            return await _view(crm, row)

    found = run(work())
    if json:
        as_json(found)
    else:
        say(f"Saved {found.name}: {found.in_words} {found.count or 0:,} now.")


@app.command()
def members(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Who is in a segment, by name."""

    async def work() -> tuple[list[str], int, int]:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            segment = await crm.segments.by_name(name)
            page = await crm.segments.page_of_members(segment, limit=limit)
            return [row.name for row in page.rows], page.total, page.hidden

    names, total, hidden = run(work())
    if json:
        as_json({"members": names, "total": total, "hidden": hidden})
        return
    for one in names:
        say(one)
    if hidden:
        say(f"{hidden:,} more are not visible to you.", "dim")


@app.command("fields")
def speak_of(json: AsJson = False) -> None:
    """What a filter can speak of."""
    known = ((Subject.DONORS, fields.DONOR_FIELDS), (Subject.PEOPLE, fields.PERSON_FIELDS))
    found = [
        {
            "field": field.name,
            "of": subject.value,
            "type": field.kind.value,
            "means": field.words,
            "compared by": [operator.value for operator in field.kind.operators],
            "choices": list(field.choices),
        }
        for subject, of_subject in known
        for field in of_subject
    ]
    if json:
        as_json(found)
    else:
        rows = [(one["field"], one["of"], one["type"], one["means"]) for one in found]
        table(None, ("field", "of", "type", "means"), rows)


async def _view(crm: Crm, row: Segment) -> SegmentView:
    view = SegmentView.of(row, in_words=await crm.segments.in_words(row))
    if view.kind is SegmentKind.STATIC and not view.in_words:
        return view.model_copy(update={"in_words": "A list kept by hand."})
    return view


def _filter(written: str) -> Any:
    """From the argument or the file it names; a slip is pointed at."""
    text = Path(written[1:]).read_text(encoding="utf-8") if written.startswith("@") else written
    try:
        return jsons.loads(text)
    except jsons.JSONDecodeError as error:
        raise Invalid(f"This is not JSON: {error.msg} at character {error.pos}.") from error
