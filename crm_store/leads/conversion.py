"""A lead becomes a person, perhaps with a company, a donor or a deal: once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from crm_store.base import now
from crm_store.contacts.actions import add_company, add_person, employ
from crm_store.contacts.candidates import Candidate
from crm_store.contacts.identifying import add_identifier
from crm_store.contacts.matching import Grade, Match, find_company_matches, find_matches
from crm_store.contacts.models import Company, Identifier, IdentifierKind, LifecycleStage, Person
from crm_store.crm import Crm
from crm_store.deals.actions import create_deal
from crm_store.deals.models import Deal
from crm_store.donors.actions import add_donor
from crm_store.donors.models import Donor
from crm_store.errors import Ambiguous, Conflict, Refused
from crm_store.leads.carrying import Carried, carry
from crm_store.leads.models import Lead, LeadConversion, LeadStatus

Held: TypeAlias = Mapping[IdentifierKind, Sequence[Identifier]]


class AlreadyConverted(Conflict):
    """This lead has been converted already."""


class WasLost(Refused):
    """This lead was lost; reopen it before converting it."""


class MayBeKnown(Ambiguous):
    """Somebody like this is recorded already; say who is meant, or that it is somebody new."""

    def __init__(self, matches: list[Match]) -> None:
        told = f"{matches[0].who} may be the same: {matches[0].why}."
        super().__init__(
            f"{told} Say who is meant, or that it is somebody new.",
            tuple(match.who for match in matches),
        )
        self.matches = matches


@dataclass(frozen=True)
class Becoming:
    """What a lead is to become. Where nobody says who it is, only a sure match is taken."""

    person_id: UUID | None = None
    company_id: UUID | None = None
    somebody_new: bool = False
    with_company: bool = True
    as_donor: bool = False
    deal: dict[str, Any] | None = None


@dataclass
class Made:
    """What a conversion found or made; `created` names what was not there before."""

    company: Company | None = None
    person: Person | None = None
    donor: Donor | None = None
    deal: Deal | None = None
    created: list[str] = field(default_factory=list)
    carried: Carried = field(default_factory=dict)


async def convert_lead(
    crm: Crm, lead_id: UUID, becoming: Becoming | None = None, *, at: datetime | None = None
) -> LeadConversion:
    """Make a contact of a lead, with what else is wished; what hangs on it comes along.

    Refused the second time, however many try at once.
    """
    becoming, at = becoming or Becoming(), at or now()
    lead = await crm.leads.get(lead_id, lock=True)
    if await crm.lead_conversions.standing(lead.id):
        raise AlreadyConverted
    if lead.status is LeadStatus.LOST:
        raise WasLost
    made = Made()
    async with crm.granted("contacts:read", "contacts:write"):
        made.company = await _company(crm, lead, becoming, made)
        made.person = await _person(crm, lead, becoming, made)
        made.donor = await _donor(crm, lead, becoming, made)
        made.deal = await _deal(crm, lead, becoming, made, at)
        made.carried |= await carry(crm, lead.id, made.person.id)
    return await _record(crm, lead, made, at)


async def find_lead_matches(crm: Crm, lead: Lead) -> list[Match]:
    """Recorded people this lead may be, surest first."""
    proof = [(IdentifierKind.VISITOR, str(lead.visitor_id))] if lead.visitor_id else []
    candidate = Candidate(
        given_name=lead.given_name or None,
        family_name=lead.family_name or None,
        identifiers=(*_reached(lead), *proof),
    )
    return await find_matches(crm, candidate)


async def _company(crm: Crm, lead: Lead, becoming: Becoming, made: Made) -> Company | None:
    if becoming.company_id is not None:
        return await crm.companies.get(becoming.company_id)
    if not becoming.with_company or not lead.company_name:
        return None
    known = [
        match
        for match in await find_company_matches(crm, Company(name=lead.company_name))
        if match.grade is not Grade.POSSIBLE and match.is_visible
    ]
    if len(known) > 1:
        raise MayBeKnown(known)
    if known:
        return await crm.companies.get(known[0].row_id)
    made.created.append("company")
    return await add_company(
        crm,
        name=lead.company_name,
        even_if_known=True,
        owner_id=_owner(crm, lead),
        workspace_id=lead.workspace_id,
    )


async def _person(crm: Crm, lead: Lead, becoming: Becoming, made: Made) -> Person:
    if becoming.person_id is not None:
        return await _complete(crm, lead, await crm.people.get(becoming.person_id), made)
    held = await _held(crm, lead)
    bearers = {identifier.person_id for row in held.values() for identifier in row}
    matches = [
        match
        for match in await find_lead_matches(crm, lead)
        if match.grade is not Grade.POSSIBLE or match.row_id in bearers
    ]
    if matches and not becoming.somebody_new:
        sure = [match for match in matches if match.grade is Grade.EXACT]
        if len(sure) != 1 or not sure[0].is_visible:
            raise MayBeKnown(matches)
        return await _complete(crm, lead, await crm.people.get(sure[0].row_id), made)
    made.created.append("person")
    return await _new_person(crm, lead, becoming, made, held)


async def _new_person(crm: Crm, lead: Lead, becoming: Becoming, made: Made, held: Held) -> Person:
    """Somebody of their own; what others are reached by too is shared with them."""
    reached = dict(_reached(lead))
    person = await add_person(
        crm,
        even_if_known=True,
        given_name=lead.given_name,
        family_name=lead.family_name,
        email=None if IdentifierKind.EMAIL in held else reached.get(IdentifierKind.EMAIL),
        phone=None if IdentifierKind.PHONE in held else reached.get(IdentifierKind.PHONE),
        company_id=made.company.id if made.company else None,
        job_title=lead.job_title,
        owner_id=_owner(crm, lead),
        workspace_id=lead.workspace_id,
        project_id=lead.project_id,
        lead_source=lead.source.value,
        lead_score=lead.score,
        lifecycle_stage=(
            LifecycleStage.OPPORTUNITY if becoming.deal is not None else LifecycleStage.CUSTOMER
        ),
    )
    for kind in held:
        await add_identifier(crm, person, kind, reached[kind], shared=True)
    return person


async def _complete(crm: Crm, lead: Lead, person: Person, made: Made) -> Person:
    """What the lead tells of somebody recorded: how they are reached, where they work."""
    held = await _held(crm, lead)
    for kind, value in _reached(lead):
        if kind not in held:
            added = await add_identifier(crm, person, kind, value)
            made.carried.setdefault("identifiers", []).append(str(added.id))
    if made.company and not await crm.employments.of(person_id=person.id):
        job = await employ(crm, person, made.company.id, title=lead.job_title)
        made.carried["employments"] = [str(job.id)]
    return person


async def _held(crm: Crm, lead: Lead) -> Held:
    """Of the ways this lead is reached, those that are recorded already, and on whom."""
    found = {
        kind: await crm.identifiers.all(await crm.identifiers.bearing(kind, value))
        for kind, value in _reached(lead)
    }
    return {kind: rows for kind, rows in found.items() if rows}


def _reached(lead: Lead) -> list[tuple[IdentifierKind, str]]:
    ways = ((IdentifierKind.EMAIL, lead.email), (IdentifierKind.PHONE, lead.phone))
    return [(kind, value) for kind, value in ways if value]


async def _donor(crm: Crm, lead: Lead, becoming: Becoming, made: Made) -> Donor | None:
    if not becoming.as_donor or made.person is None:
        return None
    for donor in await crm.donors.with_person(made.person.id):
        if donor.company_id is None:
            return donor
    made.created.append("donor")
    return await add_donor(crm, [made.person.id], owner_id=_owner(crm, lead))


async def _deal(crm: Crm, lead: Lead, becoming: Becoming, made: Made, at: datetime) -> Deal | None:
    if becoming.deal is None:
        return None
    made.created.append("deal")
    known = {
        "name": lead.company_name or lead.name or lead.email or "Deal",
        "value": lead.expected_value,
        "currency": lead.currency,
        "owner_id": _owner(crm, lead),
        "workspace_id": lead.workspace_id,
        "project_id": lead.project_id,
        "person_id": made.person.id if made.person else None,
        "company_id": made.company.id if made.company else None,
        "donor_id": made.donor.id if made.donor else None,
        "at": at,
    }
    return await create_deal(crm, **{**known, **becoming.deal})


async def _record(crm: Crm, lead: Lead, made: Made, at: datetime) -> LeadConversion:
    conversion = LeadConversion(
        lead_id=lead.id,
        person_id=made.person.id if made.person else None,
        company_id=made.company.id if made.company else None,
        donor_id=made.donor.id if made.donor else None,
        deal_id=made.deal.id if made.deal else None,
        created=made.created,
        carried=made.carried,
        status_before=lead.status,
        converted_at=at,
        converted_by_id=crm.actor.member_id,
    )
    crm.lead_conversions.add(conversion)
    if lead.is_open:
        lead.status, lead.closed_at, lead.close_reason = LeadStatus.WON, at, "Became a contact."
    await crm.flush()
    return conversion


def _owner(crm: Crm, lead: Lead) -> UUID | None:
    return lead.owner_id or crm.actor.member_id
