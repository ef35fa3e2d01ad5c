"""What erasing a person would do, told before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from crm_store.base import now
from crm_store.campaigns.models import CampaignRecipient, RecipientState
from crm_store.crm import Crm
from crm_store.errors import Conflict
from crm_store.gifts.models import (
    PlanStatus,
    Pledge,
    PledgeStatus,
    Receipt,
    RecurringPlan,
)
from crm_store.money import tidy
from crm_store.outreach.models import Outbox, OutboxState
from crm_store.privacy import fates
from crm_store.privacy.fates import STANDS, STAYS
from crm_store.privacy.holdings import Holdings, find_holdings, is_one_of
from crm_store.privacy.links import table_of
from crm_store.privacy.wording import section


class CannotErase(Conflict):
    """Something must be settled before this person can be erased."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Staying:
    """Records of one kind that stay without a name, and why."""

    what: str
    records: int
    why: str


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A paper that stays as issued, and the last day it is kept."""

    number: str
    kept_until: date


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What goes, what stays and why, and what stands in the way."""

    person_id: UUID
    name: str
    goes: tuple[tuple[str, int], ...]
    stays: tuple[Staying, ...]
    receipts: tuple[KeptReceipt, ...]
    held_with: tuple[str, ...]
    obstacles: tuple[str, ...]

    @property
    def kept_until(self) -> date | None:
        """When the last paper with the name on it may go."""
        return max((receipt.kept_until for receipt in self.receipts), default=None)


async def plan_erasure(crm: Crm, person_id: UUID, *, at: datetime | None = None) -> ErasurePlan:
    """What would go, what would stay, and what must be settled first; changes nothing."""
    crm.actor.need("privacy:erase")
    return await plan_for(crm, await find_holdings(crm, person_id), at or now())


async def plan_for(crm: Crm, held: Holdings, at: datetime) -> ErasurePlan:
    kept = await donors_kept(crm, held)
    goes, stays = [], []
    for name in sorted(held.own.keys() | held.mentioned.keys()):
        rows = held.own.get(name, set()) | held.mentioned.get(name, set())
        staying = (rows & kept if name == "donors" else rows) if name in STAYS else set()
        if rows - staying:
            goes.append((section(name), len(rows - staying)))
        if staying and name not in STANDS:
            stays.append(Staying(section(name), len(staying), STAYS[name].why))
    return ErasurePlan(
        person_id=held.person.id,
        name=held.person.name,
        goes=tuple(goes),
        stays=tuple(stays),
        receipts=await _receipts(crm, held),
        held_with=tuple(sorted({person.name for person in held.others})),
        obstacles=tuple(await _obstacles(crm, held, at)),
    )


async def donors_kept(crm: Crm, held: Holdings) -> set[UUID]:
    """Donors of theirs whose money or papers are on record."""
    donors = table_of("donors")
    accounts = (
        exists().where(
            table_of(name).c.org_id == donors.c.org_id,
            table_of(name).c.donor_id == donors.c.id,
        )
        for name in fates.ACCOUNTS
    )
    query = select(donors.c.id).where(
        donors.c.org_id == crm.actor.org,
        is_one_of(donors.c.id, held.own["donors"]),
        or_(*accounts),
    )
    return set(await crm.session.scalars(query))


async def _receipts(crm: Crm, held: Holdings) -> tuple[KeptReceipt, ...]:
    years = int(await crm.orgs.setting(fates.KEPT_YEARS_SETTING, fates.RECEIPTS_KEPT_YEARS))
    ids = held.own.get("receipts", set()) | held.shared.get("receipts", set())
    query = (
        select(Receipt.number, Receipt.issued_on)
        .where(Receipt.org_id == crm.actor.org, is_one_of(Receipt.id, ids))
        .order_by(Receipt.year, Receipt.serial)
    )
    return tuple(
        KeptReceipt(number, date(issued.year + years, 12, 31))
        for number, issued in await crm.session.execute(query)
    )


async def _obstacles(crm: Crm, held: Holdings, at: datetime) -> list[str]:
    return [
        *await _promises(crm, held),
        *await _standing_gifts(crm, held),
        *await _on_its_way(crm, held, at),
    ]


async def _promises(crm: Crm, held: Holdings) -> list[str]:
    query = select(Pledge).where(
        Pledge.org_id == crm.actor.org,
        is_one_of(Pledge.donor_id, held.own["donors"]),
        Pledge.status == PledgeStatus.ACTIVE,
        Pledge.deleted_at.is_(None),
    )
    return [
        f"A pledge of {_sum(one)} from {one.pledged_on} is open: write off what will not come."
        for one in await crm.session.scalars(query.order_by(Pledge.pledged_on, Pledge.id))
    ]


async def _standing_gifts(crm: Crm, held: Holdings) -> list[str]:
    query = select(RecurringPlan).where(
        RecurringPlan.org_id == crm.actor.org,
        is_one_of(RecurringPlan.donor_id, held.own["donors"]),
        RecurringPlan.status != PlanStatus.ENDED,
    )
    return [
        f"A standing gift of {_sum(one)} since {one.starts_on} goes on: end it first."
        for one in await crm.session.scalars(query.order_by(RecurringPlan.starts_on))
    ]


def _sum(promised: Pledge | RecurringPlan) -> str:
    return f"{tidy(promised.amount, promised.currency)} {promised.currency}"


async def _on_its_way(crm: Crm, held: Holdings, at: datetime) -> list[str]:
    """What somebody else is handing to a provider at this moment."""
    sending = False
    for model, claimed in (
        (Outbox, OutboxState.CLAIMED),
        (CampaignRecipient, RecipientState.CLAIMED),
    ):
        row = model.__table__.c
        query = select(row.id).where(
            and_(row.org_id == crm.actor.org, row.state == claimed, row.lease_until > at),
            is_one_of(row.id, held.own[str(model.__tablename__)]),
        )
        sending = sending or (await crm.session.scalar(query.limit(1))) is not None
    return ["A message to them is being sent: try again in a few minutes."] if sending else []
