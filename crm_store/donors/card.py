"""Donor 360: one statement, whose parts the database gathers each by its own index."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Text, Uuid, and_, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from crm_store.actor import Actor
from crm_store.base import Live
from crm_store.contacts.models import Address, Identifier, Note, Person, Tag, Tagging
from crm_store.donors.models import Donor, DonorPerson
from crm_store.donors.views import (
    CardAddress,
    CardGift,
    CardGiving,
    CardIdentifier,
    CardPerson,
    CardTask,
    CardYear,
    DonorCard,
    DonorView,
)
from crm_store.gifts.models import DonorGiving, Gift, GivingYear
from crm_store.identity.models import Member
from crm_store.prepared import Prepared, alike
from crm_store.repository import reach_of
from crm_store.tasks.models import OPEN, Task
from crm_store.view import View

RECENT, YEARS, TASKS, NOTES = 5, 6, 5, 3
Part = TypeVar("Part", bound=View)


def card_of(actor: Actor) -> Prepared:
    """The whole card as one row; `donor` is the one asked for."""
    return _card(alike(actor, NEEDS.values()))


@lru_cache(maxsize=512)
def _card(actor: Actor) -> Prepared:
    fields = [getattr(Donor, name) for name in DonorView.model_fields if hasattr(Donor, name)]
    parts = [part.label(name) for name, part in _parts(actor)]
    return Prepared.of(
        select(*fields, *parts).where(
            Donor.org_id == actor.org,
            Donor.id == bindparam("donor", None, Uuid()),
            Donor.deleted_at.is_(None),
            reach_of(actor, Donor),
        )
    )


def laid_out(actor: Actor, found: dict[str, Any]) -> DonorCard:
    """The card as this person may see it."""
    people = [
        {**person, "identifiers": _views(CardIdentifier, actor, person["identifiers"])}
        for person in found.get("people") or ()
    ]
    address = found.get("address")
    unseen = {name for name, scope in NEEDS.items() if not actor.may(scope)}
    facts = {name: found[name] for name in DonorView.model_fields if name in found}
    return DonorCard(
        donor=DonorView.seen_by(actor, **facts),
        officer=found["officer"],
        address=CardAddress.seen_by(actor, **address) if address else None,
        people=_views(CardPerson, actor, people),
        giving=_views(CardGiving, actor, found.get("giving")),
        years=_views(CardYear, actor, found.get("years")),
        recent_gifts=_views(CardGift, actor, found.get("recent_gifts")),
        open_tasks=_views(CardTask, actor, found.get("open_tasks")),
        tags=tuple(found.get("tags") or ()),
        pinned_notes=tuple(found.get("pinned_notes") or ()),
        hidden=tuple(sorted(unseen)),
    )


NEEDS = {
    "address": "contacts:read",
    "people": "contacts:read",
    "tags": "contacts:read",
    "pinned_notes": "contacts:read",
    "giving": "gifts:read",
    "years": "gifts:read",
    "recent_gifts": "gifts:read",
    "open_tasks": "tasks:read",
}


def _parts(actor: Actor) -> Iterator[tuple[str, Any]]:
    """Only what the asker may read is asked for at all."""
    officer = select(Member.name).where(Member.org_id == Donor.org_id, Member.id == Donor.owner_id)
    yield "officer", officer.scalar_subquery()
    for name, part in (
        ("address", _address()),
        ("people", _people(actor)),
        ("tags", _tags()),
        ("pinned_notes", _pinned_notes()),
        ("giving", _giving()),
        ("years", _years()),
        ("recent_gifts", _recent_gifts()),
        ("open_tasks", _open_tasks(actor)),
    ):
        if actor.may(NEEDS[name]):
            yield name, part


def _address() -> Any:
    fields = _object(
        street=Address.street,
        postal_code=Address.postal_code,
        city=Address.city,
        country=Address.country,
    )
    here = and_(Address.org_id == Donor.org_id, Address.id == Donor.address_id)
    return select(fields).where(here).scalar_subquery()


def _people(actor: Actor) -> Any:
    reached = _object(
        kind=Identifier.kind,
        value=Identifier.value,
        label=Identifier.label,
        is_primary=Identifier.is_primary,
        is_shared=Identifier.is_shared,
        is_verified=Identifier.verified_at.is_not(None),
        has_bounced=Identifier.bounced_at.is_not(None),
    )
    theirs = and_(
        Identifier.org_id == Person.org_id,
        Identifier.person_id == Person.id,
        Identifier.deleted_at.is_(None),
    )
    identifiers = (
        select(_list(reached, Identifier.kind, Identifier.is_primary.desc()))
        .where(theirs)
        .correlate(Person)
        .scalar_subquery()
    )
    person = _object(
        id=Person.id,
        name=func.concat_ws(" ", Person.given_name, Person.family_name),
        prefix=Person.prefix,
        nickname=Person.nickname,
        birthday=Person.birthday,
        is_primary=DonorPerson.is_primary,
        is_deceased=Person.is_deceased,
        do_not_contact=Person.do_not_contact,
        identifiers=func.coalesce(identifiers, literal_column("'[]'::jsonb")),
    )
    return (
        select(_list(person, DonorPerson.is_primary.desc(), DonorPerson.id))
        .join(Person, and_(Person.org_id == DonorPerson.org_id, Person.id == DonorPerson.person_id))
        .where(
            DonorPerson.org_id == Donor.org_id,
            DonorPerson.donor_id == Donor.id,
            DonorPerson.left_at.is_(None),
            Person.deleted_at.is_(None),
            reach_of(actor, Person),
        )
        .correlate(Donor)
        .scalar_subquery()
    )


def _tags() -> Any:
    return (
        select(func.jsonb_agg(aggregate_order_by(Tag.name, Tag.name_key)))
        .join(Tagging, and_(Tagging.org_id == Tag.org_id, Tagging.tag_id == Tag.id))
        .where(Tagging.org_id == Donor.org_id, Tagging.donor_id == Donor.id)
        .correlate(Donor)
        .scalar_subquery()
    )


def _pinned_notes() -> Any:
    newest = _newest(Note, Note.is_pinned, order=(Note.at.desc(),), limit=NOTES)
    return select(func.jsonb_agg(newest.c.body)).scalar_subquery()


def _giving() -> Any:
    fields = _object(
        currency=DonorGiving.currency,
        gifts=DonorGiving.gifts,
        total=cast(DonorGiving.total, Text),
        largest=cast(DonorGiving.largest, Text),
        first_on=DonorGiving.first_on,
        last_on=DonorGiving.last_on,
        last_amount=cast(DonorGiving.last_amount, Text),
    )
    mine = and_(DonorGiving.org_id == Donor.org_id, DonorGiving.donor_id == Donor.id)
    return select(_list(fields, DonorGiving.last_on.desc())).where(mine).scalar_subquery()


def _years() -> Any:
    newest = _newest(GivingYear, order=(GivingYear.fiscal_year.desc(),), limit=YEARS)
    fields = _object(
        fiscal_year=newest.c.fiscal_year,
        currency=newest.c.currency,
        gifts=newest.c.gifts,
        total=cast(newest.c.total, Text),
    )
    return select(_list(fields, newest.c.fiscal_year.desc())).scalar_subquery()


def _recent_gifts() -> Any:
    newest = _newest(Gift, order=(Gift.received_on.desc(), Gift.id.desc()), limit=RECENT)
    fields = _object(
        id=newest.c.id,
        received_on=newest.c.received_on,
        amount=cast(newest.c.amount - newest.c.refunded, Text),
        currency=newest.c.currency,
        method=newest.c.method,
        appeal_id=newest.c.appeal_id,
        fund_id=newest.c.fund_id,
    )
    return select(_list(fields, newest.c.received_on.desc(), newest.c.id.desc())).scalar_subquery()


def _open_tasks(actor: Actor) -> Any:
    soonest = _newest(
        Task,
        Task.status.in_(OPEN),
        reach_of(actor, Task),
        order=(Task.due_at.nulls_last(), Task.id),
        limit=TASKS,
    )
    fields = _object(
        id=soonest.c.id,
        title=soonest.c.title,
        type=soonest.c.type,
        due_at=soonest.c.due_at,
        owner_id=soonest.c.owner_id,
    )
    return select(_list(fields, soonest.c.due_at.nulls_last())).scalar_subquery()


def _newest(model: Any, *where: Any, order: tuple[Any, ...], limit: int) -> Any:
    """The first few rows of this donor; lateral, so that the index of the donor answers."""
    query = select(model).where(model.org_id == Donor.org_id, model.donor_id == Donor.id, *where)
    if issubclass(model, Live):
        query = query.where(model.deleted_at.is_(None))
    return query.order_by(*order).limit(limit).correlate(Donor).subquery()


def _object(**fields: Any) -> Any:
    pairs: list[Any] = []
    for name, value in fields.items():
        pairs += [literal_column(f"'{name}'"), value]
    return func.jsonb_build_object(*pairs)


def _list(fields: Any, *order: Any) -> Any:
    return func.jsonb_agg(aggregate_order_by(fields, *order))


def _views(view: type[Part], actor: Actor, rows: Any) -> tuple[Part, ...]:
    return tuple(view.seen_by(actor, **row) for row in rows or ())
