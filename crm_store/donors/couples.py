"""People who begin to give together, and people who stop."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from crm_store.base import now
from crm_store.contacts.models import Merge, Person
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.actions import add_donor
from crm_store.donors.merging import merge_donors
from crm_store.donors.models import Donor, DonorKind, DonorPerson
from crm_store.donors.posting import mailing_address
from crm_store.errors import Conflict, Invalid
from crm_store.gifts.actions import move_gift
from crm_store.gifts.models import Gift


class NotACouple(Conflict):
    """This donor is not a couple."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The donor that keeps the record, and the one that begins anew."""

    stays: Donor
    leaves: Donor


async def join_couple(
    crm: Crm, donor_id: UUID, with_donor_id: UUID, reason: str | None = None
) -> Merge:
    """Two who gave apart give as one from now on, their gifts so far together.

    The merge this answers with can be undone as any other.
    """
    donors = [await crm.donors.get(one) for one in (donor_id, with_donor_id)]
    people = await crm.donors.people_of([donor.id for donor in donors])
    for donor in donors:
        if donor.kind is not DonorKind.INDIVIDUAL or len(people.get(donor.id, [])) != 1:
            raise Conflict(f"{donor.name} is not one person, so they cannot join a couple.")
    return await merge_donors(crm, donor_id, with_donor_id, reason=reason or "Give as a couple")


async def add_partner(crm: Crm, donor_id: UUID, person_id: UUID) -> Donor:
    """A donor's partner, who was no donor before, gives with them from now on."""
    donor = await crm.donors.get(donor_id, lock=True)
    person = await crm.people.get(person_id)
    others = [one for one in await crm.donors.with_person(person_id) if not one.company_id]
    if others:
        raise Conflict(f"{person.name} gives as {others[0].name} already; join the two donors.")
    if donor.kind is not DonorKind.INDIVIDUAL:
        raise Conflict(f"{donor.name} is not one person, so nobody can join them.")
    crm.donor_people.add(DonorPerson(donor_id=donor.id, person_id=person_id))
    await crm.flush()
    await naming.refresh(crm, [donor])
    return donor


async def part_couple(
    crm: Crm,
    donor_id: UUID,
    leaves_id: UUID,
    *,
    gifts_to_move: Collection[UUID] = (),
) -> Parted:
    """One of the two goes on alone, as a new donor of the same officer and at the same stage.

    Gifts, promises and receipts stay with the other, but for gifts that were the leaver's own.
    """
    donor = await crm.donors.get(donor_id, lock=True)
    people = (await crm.donors.people_of([donor.id])).get(donor.id, [])
    leaver = next((person for person in people if person.id == leaves_id), None)
    if donor.kind is DonorKind.COMPANY or len(people) < 2:
        raise NotACouple
    if leaver is None:
        raise Invalid("They are not one of this couple.")
    await _leave(crm, donor, leaver)
    left = await add_donor(
        crm,
        [leaver.id],
        owner_id=donor.owner_id,
        stage=donor.journey_stage,
        workspace_id=donor.workspace_id,
    )
    for gift in [await _gift_of(crm, donor, gift_id) for gift_id in dict.fromkeys(gifts_to_move)]:
        await move_gift(crm, gift.id, left.id, reason="The couple parted.")
    await naming.refresh(crm, [donor])
    return Parted(donor, left)


async def _gift_of(crm: Crm, donor: Donor, gift_id: UUID) -> Gift:
    gift: Gift = await crm.gifts.get(gift_id)
    if gift.donor_id != donor.id:
        raise Invalid("Not all of these gifts are this couple's.")
    return gift


async def _leave(crm: Crm, donor: Donor, leaver: Person) -> None:
    members = await crm.donor_people.of(donor.id)
    for member in members:
        if member.person_id == leaver.id:
            member.left_at, member.is_primary = now(), False
    await crm.flush()
    staying = [member for member in members if member.left_at is None]
    if not any(member.is_primary for member in staying):
        staying[0].is_primary = True
    await crm.flush()
    remaining = (await crm.donors.people_of([donor.id]))[donor.id]
    if donor.household_id and all(p.household_id != donor.household_id for p in remaining):
        donor.household_id = None
    donor.address_id = await mailing_address(crm, donor, remaining)
    await crm.flush()
