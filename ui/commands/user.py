"""`almoner user`: give somebody an account and a place."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crm_store.actor import Door
from crm_store.errors import NotFound
from crm_store.identity import inviting, lookup
from crm_store.identity.models import Role
from crm_store.identity.own_account import set_password
from crm_store.identity.views import MemberView
from ui.asking import asker
from ui.terminal import AsJson, AsOption, OrgOption, as_json, opened, run, say, table

app = typer.Typer(help="People who sign in.", no_args_is_help=True)

FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="To sign in with.")],
    name: Annotated[str, typer.Option(help="Their full name.")],
    role: Annotated[str, typer.Option(help="A role of the organisation, as in agent.")] = "agent",
    org: OrgOption = None,
    as_email: AsOption = None,
    password_stdin: FromInput = False,
    json: AsJson = False,
) -> None:
    """Add a member of staff. Asks for a password, or lets them set one later."""
    password = _password(password_stdin)

    async def work() -> str:
        async with opened() as store:
            actor = await asker(store, org, as_email)
            async with store.begin(actor) as crm:
                roles = {row.name.lower(): row for row in await crm.roles.all()}
                roles |= {row.key: row for row in roles.values() if row.key}
                offer = await inviting.invite(crm, email, _role(roles, role).id, name=name)
            known = await lookup.user_by_email(store, Door.CLI, email)
            await inviting.accept_invitation(
                store, offer.token.shown, door=Door.CLI, user_id=known, name=name,
                password=password,
            )  # fmt: skip
            return _role(roles, role).name

    given = run(work())
    if json:
        as_json({"email": email, "name": name, "role": given})
    else:
        say(f"{name} may sign in as {email}, as {given}.")


@app.command("list")
def show(org: OrgOption = None, as_email: AsOption = None, json: AsJson = False) -> None:
    """Who belongs to the organisation."""

    async def work() -> list[tuple[MemberView, str]]:
        async with opened() as store, store.begin(await asker(store, org, as_email)) as crm:
            roles = {row.id: row.name for row in await crm.roles.all()}
            return [(MemberView.of(row), roles[row.role_id]) for row in await crm.members.all()]

    found = run(work())
    if json:
        as_json([{**view.model_dump(mode="json"), "role": role} for view, role in found])
    else:
        rows = [(view.name, view.email, role, view.is_active) for view, role in found]
        table(None, ("name", "e-mail", "role", "active"), rows)


@app.command()
def password(
    email: Annotated[str, typer.Argument(help="Whose password to set.")],
    password_stdin: FromInput = False,
) -> None:
    """Set somebody's password; their sessions end."""
    new = _password(password_stdin)
    if new is None:
        raise typer.BadParameter("Type a password, or give one with --password-stdin.")

    async def work() -> None:
        async with opened() as store:
            user_id = await lookup.user_by_email(store, Door.CLI, email)
            if user_id is None:
                raise NotFound(f"Nobody signs in as {email}.")
            await set_password(store, user_id, new)

    run(work())
    say("The password is set.")


def _password(from_input: bool) -> str | None:
    if from_input:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return None
    typed: str = typer.prompt("Password (empty: none yet)", hide_input=True, default="",
                              show_default=False)  # fmt: skip
    return typed or None


def _role(roles: dict[str, Role], wanted: str) -> Role:
    found = roles.get(wanted.lower())
    if found is None:
        known = sorted({role.key or role.name for role in roles.values()})
        raise NotFound(f"There is no role {wanted!r}. There are: {', '.join(known)}.")
    return found
