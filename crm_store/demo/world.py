"""Founding the demo organisations and filling them; begun again, it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from crm_store import bulk
from crm_store.actor import Actor, Door, Kind, Reach
from crm_store.base import new_id
from crm_store.contacts.models import Address, Company, Household, Identifier, Person
from crm_store.crm import Crm
from crm_store.demo import work
from crm_store.demo.people import COLUMNS, Setting, batches, make
from crm_store.donors.models import Donor, DonorPerson
from crm_store.errors import Conflict
from crm_store.gifts.models import (
    Appeal,
    DonorGiving,
    Fund,
    Gift,
    GivingYear,
    Project,
    ProjectStatus,
    RecurringPlan,
)
from crm_store.identity import lookup
from crm_store.identity.models import Member, Role, User
from crm_store.orgs.actions import found_org, set_setting, update_org
from crm_store.orgs.models import OrgSetting, Workspace
from crm_store.search.rebuilding import rebuild
from crm_store.store import Store

BATCH = 20_000
# So many donors are worth new statistics; fewer change no plan.
TELLING = 300
PROGRESS = "demo.donors_made"
WHOLE = "demo.whole"

TABLES: tuple[tuple[str, type[Any]], ...] = (
    ("households", Household), ("companies", Company), ("people", Person),
    ("addresses", Address), ("identifiers", Identifier), ("donors", Donor),
    ("donor_people", DonorPerson), ("plans", RecurringPlan), ("gifts", Gift),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str
    slug: str
    director: str
    staff: tuple[tuple[str, str], ...]
    seed: str


HARBOUR = Organisation(
    "Harbour Light", "harbour-light", "Dana Levi",
    (("Eleni Markou", "sales_manager"), ("Yossi Golan", "agent"), ("Sophie Turner", "agent"),
     ("Andreas Savva", "agent")),
    "harbour",
)  # fmt: skip
HARBOR = Organisation(
    "Harbor Lights", "harbor-lights", "Daniel Levy",
    (("Helen Marcou", "sales_manager"), ("Joseph Golan", "agent")),
    "harbor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loaded:
    """An organisation that stands ready, and who directs it."""

    org_id: UUID
    slug: str
    director_email: str
    donors: int
    was_there: bool = False


Step = Callable[[int], None]


async def load_demo(
    store: Store,
    donors: int = 600,
    *,
    today: date | None = None,
    neighbours: int | None = None,
    step: Step = lambda _: None,
) -> list[Loaded]:
    """Both organisations: the one to look at, and the one that must never show through."""
    day = today or datetime.now(UTC).date()
    beside = min(donors, 200) if neighbours is None else neighbours
    return [
        await load(store, HARBOUR, donors, day, step),
        await load(store, HARBOR, beside, day, step),
    ]


def email_of(name: str, slug: str) -> str:
    return f"{name.split()[0].lower()}@{slug}.example"


async def load(
    store: Store,
    wanted: Organisation,
    donors: int,
    today: date,
    step: Step = lambda _: None,
    *,
    with_work: bool = True,
) -> Loaded:
    """One organisation; made already, it is left as it is."""
    org_id = await lookup.org_by_slug(store, Door.CLI, wanted.slug)
    if org_id is None:
        org_id = await _found(store, wanted)
    system = Actor.system(org_id, Door.CLI)
    loaded = Loaded(org_id, wanted.slug, email_of(wanted.director, wanted.slug), donors)
    async with store.begin(system) as crm:
        made, whole = await _setting(crm, PROGRESS), await _setting(crm, WHOLE)
        if made is None:
            raise Conflict(f"There is an organisation {wanted.slug} that is not the demo.")
        if whole:
            step(donors)
            return replace(loaded, donors=int(made), was_there=True)
        setting = await _furnish(crm, Setting(wanted.seed, today))
    step(int(made))
    for first, last in batches(donors, BATCH):
        if last > int(made):
            await _fill(store, system, setting, max(first, int(made)), last)
            step(last - max(first, int(made)))
    await _finish(store, system, setting, donors, with_work=with_work)
    return loaded


async def _found(store: Store, wanted: Organisation) -> UUID:
    founded = await found_org(
        store,
        name=wanted.name,
        director_name=wanted.director,
        director_email=email_of(wanted.director, wanted.slug),
        timezone="Asia/Nicosia",
        currency="EUR",
    )
    async with store.begin(Actor.system(founded.org_id, Door.CLI)) as crm:
        await update_org(crm, slug=wanted.slug)
        await set_setting(crm, PROGRESS, 0)
    for name, role in wanted.staff:
        await _employ(store, founded.org_id, name, email_of(name, wanted.slug), role)
    return founded.org_id


async def _employ(store: Store, org_id: UUID, name: str, email: str, role: str) -> None:
    user_id = new_id()
    joining = Actor(Kind.SYSTEM, Door.CLI, org_id, user_id=user_id, reach=Reach.ALL)
    async with store.begin(joining) as crm:
        role_id = await crm.session.scalar(select(Role.id).where(Role.key == role))
        manager = await crm.session.scalar(select(Member.id).order_by(Member.id).limit(1))
        workspace = await crm.session.scalar(select(Workspace.id).order_by(Workspace.id).limit(1))
        crm.session.add(User(id=user_id, email=email, name=name))
        crm.session.add(
            Member(
                user_id=user_id,
                role_id=role_id,
                manager_id=manager,
                workspace_id=workspace,
                name=name,
                email=email,
            )
        )


async def _furnish(crm: Crm, setting: Setting) -> Setting:
    """What gifts are tied to, made once; and the officers."""
    if await crm.session.scalar(select(Fund.id).limit(1)) is None:
        _add_purposes(crm, setting.today)
        await crm.flush()
    levels = select(Member.id).join(Role, Role.id == Member.role_id).where(Role.level <= 2)
    return replace(
        setting,
        officers=tuple(await crm.session.scalars(levels.order_by(Member.id))),
        workspaces=tuple(await crm.session.scalars(select(Workspace.id).order_by(Workspace.id))),
        funds=tuple(await crm.session.scalars(select(Fund.id).order_by(Fund.id))),
        appeals=tuple(await crm.session.scalars(select(Appeal.id).order_by(Appeal.id))),
        projects=tuple(await crm.session.scalars(select(Project.id).order_by(Project.id))),
    )


def _add_purposes(crm: Crm, today: date) -> None:
    crm.session.add_all([
        Fund(name="Where it is needed most", code="GEN"),
        Fund(name="Scholarships", code="SCH", is_restricted=True),
        Fund(name="Winter meals", code="MEA", is_restricted=True),
        Project(name="New shelter in Larnaca", target_amount=250_000, currency="EUR",
                starts_on=date(today.year - 1, 3, 1), status=ProjectStatus.ACTIVE),
        Project(name="Mobile clinic", target_amount=80_000, currency="EUR",
                starts_on=date(today.year - 2, 1, 1), ends_on=date(today.year - 1, 12, 31),
                status=ProjectStatus.COMPLETED),
    ])  # fmt: skip
    for year in range(today.year - 3, today.year + 1):
        for name, month in (("Spring appeal", 4), ("Winter appeal", 12)):
            crm.session.add(
                Appeal(
                    name=f"{name} {year}",
                    code=f"{name[0]}{year % 100}",
                    currency="EUR",
                    starts_on=date(year, month, 1),
                    ends_on=date(year, month, 28),
                    goal_amount=40_000,
                    cost_amount=3_200,
                )
            )


async def _fill(store: Store, system: Actor, setting: Setting, first: int, last: int) -> None:
    """One batch of donors, all or none."""
    made = make(setting, first, last)
    async with store.begin(system) as crm:
        await crm.session.execute(
            text("SELECT set_config('app.bulk', 'on', true), "
                 "set_config('statement_timeout', '0', true)")
        )  # fmt: skip
        for name, model in TABLES:
            await bulk.load(crm.session, model, COLUMNS[name], getattr(made, name))
        await set_setting(crm, PROGRESS, last)
        crm.note("loaded", "donors", None, first=first, last=last)
        if first == 0 and last >= TELLING:
            await bulk.analyse(crm.session, *(model for _, model in TABLES))


async def _finish(
    store: Store, system: Actor, setting: Setting, donors: int, *, with_work: bool
) -> None:
    """The totals, the index, and everybody's day-to-day work; then the demo is whole."""
    async with store.begin(system) as crm:
        await crm.session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
        telling = donors >= TELLING
        if telling:
            await bulk.analyse(crm.session, *(model for _, model in TABLES))
        await crm.session.execute(text("SELECT rebuild_giving()"))
        if telling:
            await bulk.analyse(crm.session, GivingYear, DonorGiving)
        if with_work:
            await work.add_work(crm, setting)
        await crm.flush()
        await rebuild(crm)
        await set_setting(crm, WHOLE, True)


async def _setting(crm: Crm, key: str) -> Any:
    found = await crm.session.scalar(select(OrgSetting).where(OrgSetting.key == key))
    return found.value if found else None
