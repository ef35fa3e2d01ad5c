"""`almoner search`: one box over everybody and everything."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_store.search.models import Findable
from crm_store.search.views import Hit, SearchResult
from ui.asking import asker
from ui.terminal import AsJson, AsOption, OrgOption, as_json, opened, run, say, table


def search(
    words: Annotated[list[str], typer.Argument(help="A name, an address, a number, or a part.")],
    kind: Annotated[
        list[Findable] | None, typer.Option(help="Only these; may be given several times.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 10,
    org: OrgOption = None,
    as_email: AsOption = None,
    json: AsJson = False,
) -> None:
    """Find donors, people, companies, leads, tickets and gifts however they are remembered."""

    async def work() -> SearchResult:
        async with opened() as store:
            actor = await asker(store, org, as_email)
            async with store.begin(actor) as crm:
                return await crm.search.find(" ".join(words), kind, limit)

    found = run(work())
    if json:
        as_json(found)
        return
    if found.hits:
        table(None, ("kind", "name", "details", "why"), [_row(hit) for hit in found.hits])
    say(found.summary, "dim" if found.hits else "")


def _row(hit: Hit) -> tuple[str, str, str, str]:
    return hit.kind.value, hit.label, hit.details, ", ".join(hit.why)
