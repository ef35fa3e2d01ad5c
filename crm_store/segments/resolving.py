"""The names in a filter, looked up: funds, tags, officers, stages, segments, fields of our own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.base import now
from crm_store.contacts.models import Tag
from crm_store.donors.models import Journey
from crm_store.gifts.models import Appeal, Fund, Project
from crm_store.identity.models import Member
from crm_store.orgs.models import CustomField, FieldNoun, Org, Workspace
from crm_store.search.text import fold
from crm_store.segments import fields, language
from crm_store.segments.fields import Kind
from crm_store.segments.language import BadFilter, walk
from crm_store.segments.models import Segment
from crm_store.segments.values import unknown

ME = "me"
NAMED: dict[str, type[Any]] = {
    "fund": Fund,
    "appeal": Appeal,
    "project": Project,
    "tag": Tag,
    "officer": Member,
    "workspace": Workspace,
}
Wanted = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a filter leaves to the organisation and the moment: today, its year, its currency."""

    org_id: UUID
    today: date
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    fiscal_year_starts: int = 1
    currency: str = "EUR"
    member_id: UUID | None = None


@dataclass(slots=True)
class Known:
    """Every name the filter uses, with what it stands for."""

    ids: dict[tuple[str, str], list[UUID]] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    custom: dict[str, list[CustomField]] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    filters: dict[UUID, Any] = field(default_factory=dict)

    def ids_of(self, noun: str, names: Iterable[str]) -> list[UUID]:
        return [row_id for name in names for row_id in self.ids[noun, name]]


async def setting_of(session: AsyncSession, actor: Actor, today: date | None = None) -> Setting:
    """How things stand in the actor's organisation."""
    org = (
        await session.execute(
            select(Org.timezone, Org.fiscal_year_starts, Org.currency).where(Org.id == actor.org)
        )
    ).one()
    zone = ZoneInfo(org.timezone)
    return Setting(
        org_id=actor.org,
        today=today or datetime.astimezone(now(), zone).date(),
        timezone=zone,
        fiscal_year_starts=org.fiscal_year_starts,
        currency=org.currency,
        member_id=actor.member_id,
    )


async def resolve(session: AsyncSession, setting: Setting, node: Any) -> Known:
    """Everything the filter names, and what the segments it names do; unknown names are refused."""
    known = Known()
    await _resolve(session, setting, node, known, ())
    return known


async def _resolve(
    session: AsyncSession, setting: Setting, node: Any, known: Known, within: tuple[str, ...]
) -> None:
    wanted = _wanted(node)
    for noun, model in NAMED.items():
        if names := wanted.get(noun, set()) - {name for kind, name in known.ids if kind == noun}:
            await _find(session, setting, noun, model, names, known)
    if stages := wanted.get("stage"):
        await _find_stages(session, setting, stages, known)
    if custom := wanted.get("custom", set()) - known.custom.keys():
        await _find_custom(session, setting, custom, known)
    for name in sorted(wanted.get("segment", ())):
        await _follow_segment(session, setting, name, known, within)


def _wanted(node: Any) -> Wanted:
    """The names in a filter, by what they are names of."""
    wanted: Wanted = defaultdict(set)
    for part in walk(node):
        if isinstance(part, language.Gave):
            wanted["fund"].update(part.funds)
            wanted["appeal"].update(part.appeals)
            wanted["project"].update(part.projects)
        elif isinstance(part, language.Tagged):
            wanted["tag"].update(part.any_of)
        elif isinstance(part, language.Custom):
            wanted["custom"].add(part.field)
        elif isinstance(part, language.InSegment):
            wanted["segment"].add(part.segment)
        elif isinstance(part, language.Compare) and part.value is not None:
            _from_field(part, wanted)
    return wanted


def _from_field(part: Any, wanted: Wanted) -> None:
    compared = fields.find(part.field)
    if compared and compared.kind in (Kind.OFFICER, Kind.WORKSPACE, Kind.STAGE):
        values = part.value if isinstance(part.value, tuple) else (part.value,)
        wanted[compared.kind.value].update(str(value) for value in values)


async def _find(
    session: AsyncSession, setting: Setting, noun: str, model: Any, names: set[str], known: Known
) -> None:
    rows = (
        await session.execute(
            select(model.id, model.name).where(model.org_id == setting.org_id).order_by(model.name)
        )
    ).all()
    for name in names:
        if noun == "officer" and fold(name) == ME:
            known.ids[noun, name] = [setting.member_id] if setting.member_id else []
            continue
        found = [row.id for row in rows if str(row.id) == name or fold(row.name) == fold(name)]
        if not found:
            raise BadFilter(unknown(noun, name, [row.name for row in rows]))
        known.ids[noun, name] = found


async def _find_stages(
    session: AsyncSession, setting: Setting, names: set[str], known: Known
) -> None:
    graph = await session.scalar(
        select(Journey.graph).where(Journey.org_id == setting.org_id, Journey.is_active)
    )
    stages = {stage["id"]: stage["name"] for stage in (graph or {}).get("stages", ())}
    for name in names:
        found = [one for one, called in stages.items() if one == name or fold(called) == fold(name)]
        if not found:
            raise BadFilter(unknown("journey stage", name, list(stages.values())))
        known.stages[name] = found[0]


async def _find_custom(
    session: AsyncSession, setting: Setting, names: set[str], known: Known
) -> None:
    rows: Sequence[CustomField] = (
        await session.scalars(
            select(CustomField).where(
                CustomField.org_id == setting.org_id,
                CustomField.noun.in_([FieldNoun.DONOR, FieldNoun.PERSON]),
            )
        )
    ).all()
    for name in names:
        found = [row for row in rows if fold(name) in (fold(row.name), fold(row.label))]
        if not found:
            raise BadFilter(unknown("field of your own", name, [row.name for row in rows]))
        known.custom[name] = found


async def _follow_segment(
    session: AsyncSession, setting: Setting, name: str, known: Known, within: tuple[str, ...]
) -> None:
    rows = (
        await session.scalars(
            select(Segment).where(Segment.org_id == setting.org_id, Segment.deleted_at.is_(None))
        )
    ).all()
    found = [row for row in rows if str(row.id) == name or fold(row.name) == fold(name)]
    if not found:
        raise BadFilter(unknown("segment", name, [row.name for row in rows]))
    segment = found[0]
    if segment.name in within:
        raise BadFilter(f"The segment “{segment.name}” is made of itself.")
    known.segments[name] = segment
    if segment.filter is not None and segment.id not in known.filters:
        node = language.read_filter(segment.filter)
        await _resolve(session, setting, node, known, (*within, segment.name))
        known.filters[segment.id] = node
