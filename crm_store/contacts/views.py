"""What may leave about people, companies and what is said of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from crm_store.contacts.choosing import Difference
from crm_store.contacts.folding import Preview
from crm_store.contacts.matching import Grade, Match
from crm_store.contacts.models import (
    ActivityKind,
    ActivityStatus,
    AddressKind,
    CustomerCategory,
    HouseholdRole,
    IdentifierKind,
    LifecycleStage,
    Merge,
    MergeKind,
    Priority,
)
from crm_store.view import AMOUNTS, PERSONAL, View


class IdentifierView(View):
    """A way somebody is recognised."""

    id: UUID
    kind: IdentifierKind
    value: str
    normalised: str
    source: str
    label: str | None = None
    is_primary: bool
    is_shared: bool
    verified_at: datetime | None = None
    bounced_at: datetime | None = None


class AddressView(View):
    """Where post arrives; the street is for those who may see what is personal."""

    id: UUID
    kind: AddressKind
    street: Annotated[str | None, PERSONAL] = None
    street_2: Annotated[str | None, PERSONAL] = None
    postal_code: Annotated[str | None, PERSONAL] = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    latitude: Annotated[float | None, PERSONAL] = None
    longitude: Annotated[float | None, PERSONAL] = None
    is_primary: bool


class EmploymentView(View):
    """Where somebody works, and as what."""

    id: UUID
    company_id: UUID | None = None
    company: str | None = None
    title: str | None = None
    department: str | None = None
    is_primary: bool
    started_on: date | None = None
    ended_on: date | None = None


class PersonView(View):
    """Somebody."""

    id: UUID
    name: str
    given_name: str | None = None
    middle_name: str | None = None
    family_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    nickname: str | None = None
    birthday: Annotated[date | None, PERSONAL] = None
    gender: Annotated[str | None, PERSONAL] = None
    pronouns: str | None = None
    language: str | None = None
    afm: Annotated[str | None, PERSONAL] = None
    doy: Annotated[str | None, PERSONAL] = None
    lifecycle_stage: LifecycleStage | None = None
    category: CustomerCategory | None = None
    lead_source: str | None = None
    lead_score: int
    revenue: Annotated[Decimal | None, AMOUNTS] = None
    credit_limit: Annotated[Decimal | None, AMOUNTS] = None
    currency: str | None = None
    website: str | None = None
    is_vip: bool
    is_active: bool
    is_deceased: bool
    do_not_contact: bool
    household_id: UUID | None = None
    household_role: HouseholdRole | None = None
    owner_id: UUID | None = None
    last_contacted_at: datetime | None = None
    next_follow_up_at: datetime | None = None
    identifiers: tuple[IdentifierView, ...] = ()
    addresses: tuple[AddressView, ...] = ()
    employments: tuple[EmploymentView, ...] = ()
    tags: tuple[str, ...] = ()


class CompanyView(View):
    """A company."""

    id: UUID
    name: str
    legal_name: str | None = None
    company_type: str | None = None
    industry: str | None = None
    domain: str | None = None
    website: str | None = None
    employee_count: str | None = None
    annual_revenue: Annotated[Decimal | None, AMOUNTS] = None
    revenue: Annotated[Decimal | None, AMOUNTS] = None
    credit_limit: Annotated[Decimal | None, AMOUNTS] = None
    currency: str | None = None
    payment_terms: str | None = None
    afm: str | None = None
    doy: str | None = None
    gemh: str | None = None
    activity_code: str | None = None
    legal_form: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    category: CustomerCategory | None = None
    description: str | None = None
    is_vip: bool
    is_active: bool
    do_not_contact: bool
    parent_id: UUID | None = None
    owner_id: UUID | None = None
    identifiers: tuple[IdentifierView, ...] = ()
    addresses: tuple[AddressView, ...] = ()


class HouseholdView(View):
    """People who live together."""

    id: UUID
    name: str
    salutation: str | None = None
    people: tuple[str, ...] = ()


class TagView(View):
    """A word records are sorted by."""

    id: UUID
    name: str
    color: str
    description: str | None = None


class NoteView(View):
    """Something written down."""

    id: UUID
    body: str
    at: datetime
    is_pinned: bool
    is_from_outside: bool
    member_id: UUID | None = None


class ActivityView(View):
    """Something that happened or is planned."""

    id: UUID
    kind: ActivityKind
    subject: str
    description: str | None = None
    outcome: str | None = None
    status: ActivityStatus
    priority: Priority
    at: datetime
    due_at: datetime | None = None
    completed_at: datetime | None = None
    duration_minutes: int | None = None
    is_from_outside: bool
    person_id: UUID | None = None
    company_id: UUID | None = None
    donor_id: UUID | None = None
    deal_id: UUID | None = None
    lead_id: UUID | None = None
    member_id: UUID | None = None
    supervisor_id: UUID | None = None


class ImageView(View):
    """A picture of a record."""

    id: UUID
    kind: str
    url: str
    filename: str
    mime_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None


class MatchView(View):
    """A record that may be the same; one that is not visible has neither name nor id."""

    grade: Grade
    person_id: UUID | None = None
    name: str
    why: str

    @classmethod
    def of_match(cls, match: Match) -> MatchView:
        return cls(
            grade=match.grade,
            person_id=match.row_id if match.is_visible else None,
            name=match.who,
            why=match.why,
        )


class MergeView(View):
    """A merge as it was done."""

    id: UUID
    kind: MergeKind
    reason: str | None = None
    at: datetime
    moved: tuple[tuple[str, int], ...] = ()
    changed: tuple[str, ...] = ()
    set_aside: int = 0
    undone_at: datetime | None = None

    @classmethod
    def of_merge(cls, merge: Merge) -> MergeView:
        """Counted, not listed."""
        counts = tuple((name, len(ids)) for name, ids in sorted(merge.moved.items()))
        return cls(
            id=merge.id,
            kind=merge.kind,
            reason=merge.reason,
            at=merge.at,
            moved=counts,
            changed=tuple(sorted(merge.fields)),
            set_aside=len(merge.conflicts),
            undone_at=merge.undone_at,
        )


class DifferenceView(View):
    """A field in which two records differ."""

    field: str
    keep: Any = None
    lose: Any = None
    becomes: Any = None


class PreviewView(View):
    """What a merge would do."""

    kind: MergeKind
    keep: str
    lose: str
    moves: dict[str, int]
    fields: tuple[DifferenceView, ...]

    @classmethod
    def of_preview(cls, preview: Preview, *, personal: bool) -> PreviewView:
        """personal: whether the asker may read what PersonView hides from others."""
        secret = set() if personal else set(PersonView._sensitive)
        return cls(
            kind=preview.kind,
            keep=preview.keep,
            lose=preview.lose,
            moves=preview.moves,
            fields=tuple(
                DifferenceView(field=one.field, hidden=("keep", "lose", "becomes"))
                if one.field in secret
                else _difference(one)
                for one in preview.fields
            ),
        )


def _difference(one: Difference) -> DifferenceView:
    return DifferenceView(field=one.field, keep=one.keep, lose=one.lose, becomes=one.becomes)
