"""What may leave about donors."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from crm_store.donors.models import DonorKind, DonorStatus, GivingCapacity
from crm_store.view import AMOUNTS, PERSONAL, RESEARCH, View


class DonorView(View):
    """A giving unit."""

    id: UUID
    kind: DonorKind
    name: str
    formal_salutation: str
    informal_salutation: str
    status: DonorStatus
    journey_stage: str | None = None
    stage_since: datetime | None = None
    classification: str | None = None
    capacity: Annotated[GivingCapacity | None, RESEARCH] = None
    language: str | None = None
    is_anonymous: bool
    do_not_contact: bool
    do_not_solicit: bool
    contact_hold_until: date | None = None
    contact_hold_reason: str | None = None
    company_id: UUID | None = None
    household_id: UUID | None = None
    owner_id: UUID | None = None
    external_source: str
    external_id: str | None = None
    last_contacted_at: datetime | None = None
    next_follow_up_at: datetime | None = None


class StageChangeView(View):
    """A step on the journey."""

    id: UUID
    from_stage: str | None = None
    to_stage: str
    reason: str | None = None
    at: datetime
    member_id: UUID | None = None
    was_forced: bool
    seconds_before: int | None = None


class AssignmentView(View):
    """Who looked after a donor, from when until when."""

    id: UUID
    member_id: UUID | None = None
    assigned_by_id: UUID | None = None
    started_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


class TimelineLine(View):
    """One thing that happened."""

    kind: str
    id: UUID
    at: datetime
    title: str
    body: str | None = None
    status: str | None = None
    amount: Annotated[Decimal | None, AMOUNTS] = None
    currency: str | None = None
    member_id: UUID | None = None


class CardIdentifier(View):
    kind: str
    value: str
    label: str | None = None
    is_primary: bool
    is_shared: bool
    is_verified: bool
    has_bounced: bool


class CardPerson(View):
    """Somebody of the donor, with how they are reached."""

    id: UUID
    name: str
    prefix: str | None = None
    nickname: str | None = None
    birthday: Annotated[date | None, PERSONAL] = None
    is_primary: bool
    is_deceased: bool
    do_not_contact: bool
    identifiers: tuple[CardIdentifier, ...] = ()


class CardGiving(View):
    """All a donor has given in one currency."""

    currency: str
    gifts: int
    total: Annotated[Decimal | None, AMOUNTS] = None
    largest: Annotated[Decimal | None, AMOUNTS] = None
    first_on: date
    last_on: date
    last_amount: Annotated[Decimal | None, AMOUNTS] = None


class CardYear(View):
    fiscal_year: int
    currency: str
    gifts: int
    total: Annotated[Decimal | None, AMOUNTS] = None


class CardGift(View):
    id: UUID
    received_on: date
    amount: Annotated[Decimal | None, AMOUNTS] = None
    currency: str
    method: str
    appeal_id: UUID | None = None
    fund_id: UUID | None = None


class CardTask(View):
    id: UUID
    title: str
    type: str
    due_at: datetime | None = None
    owner_id: UUID | None = None


class CardAddress(View):
    street: Annotated[str | None, PERSONAL] = None
    postal_code: Annotated[str | None, PERSONAL] = None
    city: str | None = None
    country: str | None = None


class DonorCard(View):
    """All one wants to see of a donor before calling; `hidden` names what rights leave out."""

    donor: DonorView
    officer: str | None = None
    address: CardAddress | None = None
    people: tuple[CardPerson, ...] = ()
    giving: tuple[CardGiving, ...] = ()
    years: tuple[CardYear, ...] = ()
    recent_gifts: tuple[CardGift, ...] = ()
    open_tasks: tuple[CardTask, ...] = ()
    tags: tuple[str, ...] = ()
    pinned_notes: tuple[str, ...] = ()
