"""`almoner org`: found organisations and list them."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_store.actor import Actor, Door
from crm_store.orgs.actions import found_org, update_org
from crm_store.orgs.founding import Founded
from ui.asking import Known, organisations
from ui.terminal import AsJson, as_json, opened, run, say, table

app = typer.Typer(help="Organisations.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the organisation is called.")],
    director: Annotated[str, typer.Option(help="Name of its first director.")],
    email: Annotated[str, typer.Option(help="The director's e-mail, to sign in with.")],
    slug: Annotated[
        str | None, typer.Option(help="Short name for addresses; made from the name if left out.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Its own currency, as in EUR.")] = "EUR",
    timezone: Annotated[str, typer.Option(help="As in Europe/Athens.")] = "Europe/Athens",
    fiscal_year_starts: Annotated[
        int, typer.Option(min=1, max=12, help="The month its fiscal year begins.")
    ] = 1,
    json: AsJson = False,
) -> None:
    """Found an organisation with its roles, journey, pipelines and first director."""

    async def work() -> tuple[Founded, str]:
        async with opened() as store:
            founded = await found_org(
                store, name=name, director_name=director, director_email=email
            )
            async with store.begin(Actor.system(founded.org_id, Door.CLI)) as crm:
                changes = {"currency": currency, "timezone": timezone,
                           "fiscal_year_starts": fiscal_year_starts}  # fmt: skip
                org = await update_org(crm, **changes, **({"slug": slug} if slug else {}))
                return founded, org.slug

    founded, made = run(work())
    if json:
        as_json({"org_id": founded.org_id, "slug": made, "director": email})
    else:
        say(f"{name} is there as {made!r}. {director} directs it.")
        say(f"Give {director} a password with `almoner user password {email}`.", "dim")


@app.command("list")
def show(json: AsJson = False) -> None:
    """Every organisation of this installation."""

    async def work() -> list[Known]:
        async with opened() as store:
            return await organisations(store)

    found = run(work())
    if json:
        as_json(found)
    else:
        table(None, ("short name", "name"), [(org.slug, org.name) for org in found])
