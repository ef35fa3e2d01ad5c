"""The records a batch brings into being, table by table, as bulk loading wants them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_store import bulk
from crm_store.base import new_id
from crm_store.contacts import names
from crm_store.contacts.models import (
    Address,
    Company,
    CustomValue,
    Employment,
    Identifier,
    IdentifierKind,
    Note,
    Person,
    Tagging,
)
from crm_store.crm import Crm
from crm_store.donors import naming
from crm_store.donors.models import Donor, DonorKind, DonorPerson, StageChange
from crm_store.gifts.models import Gift
from crm_store.importers.arrays import texts
from crm_store.importers.parties import Human, Party
from crm_store.importers.resolving import Standing
from crm_store.imports.models import ExternalId
from crm_store.leads.models import Lead
from crm_store.search.text import fold

PERSON = ("prefix", "middle_name", "suffix", "nickname", "birthday", "gender", "language", "afm",
          "doy", "website", "lead_source")  # fmt: skip
COMPANY = ("legal_name", "afm", "doy", "website", "domain", "industry", "company_type",
           "employee_count", "description")  # fmt: skip
DONOR = ("formal_salutation", "informal_salutation", "classification")
PLACE = ("street", "street_2", "city", "state", "postal_code", "country")

TABLES: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Company, ("id", "name", "name_key", "do_not_contact", *COMPANY)),
    (Person, ("id", "given_name", "family_name", "given_key", "family_key", "sound_key",
              "do_not_contact", *PERSON)),
    (Address, ("id", "person_id", "company_id", "kind", "city_key", "place_key", *PLACE)),
    (Identifier, ("id", "person_id", "company_id", "kind", "value", "normalised", "is_primary",
                  "is_shared")),
    (Employment, ("id", "person_id", "company_id", "title")),
    (Donor, ("id", "kind", "name", "formal_salutation", "informal_salutation", "custom_names",
             "sort_key", "company_id", "address_id", "journey_stage", "stage_since",
             "classification", "language", "do_not_contact", "do_not_solicit", "external_source",
             "external_id")),
    (DonorPerson, ("id", "donor_id", "person_id", "is_primary")),
    (StageChange, ("id", "donor_id", "journey_id", "to_stage", "at", "member_id")),
    (Lead, ("id", "given_name", "family_name", "email", "phone", "company_name", "job_title",
            "source", "source_detail", "expected_value", "currency", "notes")),
    (Gift, ("id", "donor_id", "amount", "currency", "received_on", "method", "reference_number",
            "notes", "fund_id", "project_id", "appeal_id", "is_tax_deductible",
            "deductible_amount", "is_anonymous", "tribute_kind", "tribute_name",
            "outside_receipt_on", "source", "external_id")),
    (Tagging, ("id", "tag_id", "person_id", "company_id", "donor_id", "lead_id")),
    (Note, ("id", "person_id", "company_id", "donor_id", "member_id", "body")),
    (CustomValue, ("id", "field_id", "person_id", "company_id", "donor_id", "gift_id", "lead_id",
                   "text_value", "number_value", "date_value", "bool_value", "list_value")),
    (ExternalId, ("id", "source", "kind", "external_id", "table_name", "row_id", "job_id")),
)  # fmt: skip

KEPT_AS_THEY_ARE = frozenset({Tagging, CustomValue, ExternalId})

HELD = text(
    """
    SELECT i.id, i.kind, i.normalised, i.person_id, i.company_id, i.is_shared FROM identifiers i
    JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS w (kind, value)
      ON i.kind = w.kind AND i.normalised = w.value
    WHERE i.org_id = :org AND i.deleted_at IS NULL AND i.source = ''
    """
)
SHARE = text(
    "UPDATE identifiers SET is_shared = true WHERE org_id = :org"
    " AND id = ANY(CAST(:ids AS uuid[])) AND NOT is_shared"
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where new donors begin."""

    journey_id: UUID | None
    stage: str | None
    at: datetime
    member_id: UUID | None
    currency: str


@dataclass(slots=True)
class Making:
    """Rows to be, and which of them each party brought."""

    start: Start
    source: str
    job_id: UUID
    rows: dict[type[Any], list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    shared: list[UUID] = field(default_factory=list)
    _reached: dict[tuple[IdentifierKind, str], list[tuple[UUID, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def party(self, standing: Standing, table: str) -> dict[str, list[str]]:
        """Whatever of a party is new; answers what was made, for undoing."""
        made: dict[str, list[str]] = defaultdict(list)
        party = standing.party
        if standing.company and standing.company[1]:
            self._company(standing.company[0], party)
            made["companies"].append(str(standing.company[0]))
        address = None
        home = bool(party.place) and not party.is_company
        for place, (human, (row_id, is_new)) in enumerate(
            zip(party.people, standing.people, strict=True)
        ):
            if is_new:
                self._person(row_id, human)
                made["people"].append(str(row_id))
                if home and place == 0:
                    address = self._address(party.place, person_id=row_id)
                if standing.company and not place:
                    job = (new_id(), row_id, standing.company[0], party.job_title)
                    self.rows[Employment].append(job)
        if party.is_company and standing.company and standing.company[1] and party.place:
            address = self._address(party.place, company_id=standing.company[0])
        if table == "donors":
            self._donor(standing, address)
            made["donors"].append(str(standing.target))
        return dict(made)

    def name_outside(self, kind: str, external_id: str, table: str, row_id: UUID) -> None:
        self.rows[ExternalId].append(
            (new_id(), self.source, kind, external_id, table, row_id, self.job_id)
        )

    def _company(self, row_id: UUID, party: Party) -> None:
        firm = party.firm
        assert firm is not None
        self.rows[Company].append((
            row_id, firm.name, names.company_key(firm.name),
            bool(firm.facts.get("do_not_contact")), *(firm.facts.get(name) for name in COMPANY),
        ))  # fmt: skip
        self._identifiers(firm.identifiers, row_id, of_person=False)

    def _person(self, row_id: UUID, human: Human) -> None:
        self.rows[Person].append((
            row_id, human.given, human.family, names.name_key(human.given),
            names.name_key(human.family), names.sound_key(human.given, human.family),
            bool(human.facts.get("do_not_contact")),
            *(human.facts.get(name) for name in PERSON),
        ))  # fmt: skip
        self._identifiers(human.identifiers, row_id, of_person=True)

    def _identifiers(
        self, found: Iterable[tuple[IdentifierKind, str, str]], row_id: UUID, *, of_person: bool
    ) -> None:
        first = set()
        for kind, written, normalised in found:
            self._reached[kind, normalised].append((row_id, of_person))
            self.rows[Identifier].append((
                new_id(), row_id if of_person else None, None if of_person else row_id, kind,
                written, normalised, kind not in first, False,
            ))  # fmt: skip
            first.add(kind)

    def _address(
        self, place: Any, *, person_id: UUID | None = None, company_id: UUID | None = None
    ) -> UUID:
        row_id = new_id()
        self.rows[Address].append((
            row_id, person_id, company_id, "work" if company_id else "home",
            names.name_key(place.get("city")),
            names.place_key(place.get("street"), place.get("postal_code")),
            *(place.get(name) for name in PLACE),
        ))  # fmt: skip
        return row_id

    def _donor(self, standing: Standing, address: UUID | None) -> None:
        party, start = standing.party, self.start
        company = party.firm.name if party.firm and party.is_company else None
        called = _called(party, company)
        by_hand = [name for name in DONOR[:2] if party.facts.get(name)]
        language = next(
            (h.facts["language"] for h in party.people if h.facts.get("language")), None
        )
        self.rows[Donor].append((
            standing.target, called.kind, called.name,
            party.facts.get("formal_salutation") or called.formal_salutation,
            party.facts.get("informal_salutation") or called.informal_salutation, by_hand,
            called.sort_key, standing.company[0] if company and standing.company else None,
            address, start.stage, start.at, party.facts.get("classification"), language,
            bool(party.facts.get("do_not_contact")), bool(party.facts.get("do_not_solicit")),
            self.source if party.external_id else "", party.external_id,
        ))  # fmt: skip
        for place, (row_id, _) in enumerate(standing.people):
            self.rows[DonorPerson].append((new_id(), standing.target, row_id, place == 0))
        if start.stage:
            self.rows[StageChange].append(
                (
                    new_id(),
                    standing.target,
                    start.journey_id,
                    start.stage,
                    start.at,
                    start.member_id,
                )
            )

    async def write(self, crm: Crm) -> None:
        """All of it, parents before what refers to them."""
        await self._share(crm)
        for model, columns in TABLES:
            if rows := self.rows.get(model):
                await bulk.load(
                    crm.session, model, columns, rows, skip_conflicts=model in KEPT_AS_THEY_ARE
                )

    async def _share(self, crm: Crm) -> None:
        """An address that several people turn out to have is nobody's alone."""
        wanted = [key for key in self._reached if key[0] is not IdentifierKind.FAX]
        if not wanted:
            return
        held = await crm.session.execute(
            HELD,
            {"org": crm.actor.org, "kinds": texts(kind.value for kind, _ in wanted),
             "values": texts(value for _, value in wanted)},
        )  # fmt: skip
        common = {key for key, bearers in self._reached.items() if len(bearers) > 1}
        for row_id, kind, value, _person, _company, is_shared in held:
            common.add((IdentifierKind(kind), value))
            if not is_shared:
                self.shared.append(row_id)
        if self.shared:
            ids = [str(row_id) for row_id in self.shared]
            await crm.session.execute(SHARE, {"org": crm.actor.org, "ids": ids})
        if common:
            self.rows[Identifier] = [
                (*row[:-1], True) if (row[3], row[5]) in common else row
                for row in self.rows[Identifier]
            ]


def _called(party: Party, company: str | None) -> Any:
    """The donor's names by the same rules as everywhere, without a row to hold them yet."""
    people: Sequence[Any] = [_as_person(human) for human in party.people]
    donor: Any = SimpleNamespace(
        name=party.name, formal_salutation="", informal_salutation="", custom_names=[],
        language=None, sort_key="", kind=party.kind,
    )  # fmt: skip
    if company and not people:
        return SimpleNamespace(
            name=company, formal_salutation=company, informal_salutation=company,
            sort_key=fold(company), kind=DonorKind.COMPANY,
        )  # fmt: skip
    naming.call(donor, people, company)
    return donor


def _as_person(human: Human) -> Any:
    return SimpleNamespace(
        given_name=human.given, family_name=human.family, name=human.name, is_deceased=False,
        prefix=human.facts.get("prefix"), nickname=human.facts.get("nickname"),
    )  # fmt: skip
