"""Asking for research, recording what was found, and taking back what was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid, Refused
from crm_store.research.models import (
    Dossier,
    DossierKind,
    DossierStatus,
    Fact,
    FactTopic,
    IdentityMatch,
    MatchGrade,
    MatchVerdict,
)
from crm_store.research.special import special_category

KEEPS: Mapping[FactTopic, timedelta] = {
    FactTopic.EMPLOYMENT: timedelta(days=365),
    FactTopic.WEALTH: timedelta(days=365),
    FactTopic.PROPERTY: timedelta(days=730),
    FactTopic.NEWS: timedelta(days=180),
}
"""How long a fact is relied on before it should be looked up again; the rest does not age."""

FOUND = frozenset(
    {"summary", "age", "estimated_income", "employer", "job_title", "interests",
     "giving_capacity", "data", "sources", "queries", "search_results", "model", "tokens",
     "processing_ms"}
)  # fmt: skip


class UnderWay(Conflict):
    """This research is under way already."""


class SpecialCategory(Refused):
    """Facts of this kind are not recorded about anybody."""


async def request_dossier(
    crm: Crm,
    *,
    donor_id: UUID | None = None,
    person_id: UUID | None = None,
    kind: DossierKind = DossierKind.STANDARD,
) -> Dossier:
    """Begin another version of what is known of a donor or a person; earlier ones stay."""
    if (donor_id is None) == (person_id is None):
        raise Invalid("Research is about one donor or one person.")
    subject: Any = crm.donors if donor_id is not None else crm.people
    await subject.get(donor_id or person_id)
    await crm.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(str(donor_id or person_id), 7)))
    )
    versions = await crm.dossiers.versions(donor_id=donor_id, person_id=person_id)
    if any(not dossier.status.is_over for dossier in versions):
        raise UnderWay
    dossier = crm.dossiers.add(
        Dossier(
            donor_id=donor_id,
            person_id=person_id,
            kind=kind,
            version=1 + max((dossier.version for dossier in versions), default=0),
            requested_by=crm.actor.member_id,
        )
    )
    await crm.flush()
    return dossier


async def advance_dossier(
    crm: Crm, dossier_id: UUID, to: DossierStatus, *, at: datetime | None = None
) -> Dossier:
    """On to searching, or to analysing what was found."""
    dossier = await crm.dossiers.get(dossier_id, lock=True)
    dossier.move(to, at or now())
    await crm.flush()
    return dossier


async def complete_dossier(
    crm: Crm, dossier_id: UUID, *, at: datetime | None = None, **found: Any
) -> Dossier:
    """Record the findings as a whole."""
    if unknown := found.keys() - FOUND:
        raise Invalid(f"A dossier has no {', '.join(sorted(unknown))}.")
    _refuse_special(found.get("summary") or "", *(found.get("interests") or ()))
    dossier = await crm.dossiers.get(dossier_id, lock=True)
    dossier.move(DossierStatus.COMPLETED, at or now())
    for name, value in found.items():
        setattr(dossier, name, value)
    await crm.flush()
    return dossier


async def fail_dossier(
    crm: Crm, dossier_id: UUID, error: str, *, at: datetime | None = None
) -> Dossier:
    dossier = await crm.dossiers.get(dossier_id, lock=True)
    dossier.move(DossierStatus.FAILED, at or now())
    dossier.error = error
    await crm.flush()
    return dossier


async def add_fact(
    crm: Crm,
    dossier_id: UUID,
    claim: str,
    quote: str,
    source_url: str,
    *,
    topic: FactTopic = FactTopic.OTHER,
    confidence: Decimal = Decimal("0.5"),
    source_title: str | None = None,
    source_date: date | None = None,
    contradicts_id: UUID | None = None,
    expires_on: date | None = None,
    at: datetime | None = None,
) -> Fact:
    """Record a claim with the words it rests on; without a quote and a source it is none."""
    at = at or now()
    if not claim.strip() or not quote.strip():
        raise Invalid("A fact needs a claim and the words it was read in.")
    if not 0 <= confidence <= 1:
        raise Invalid("Confidence is between 0 and 1.")
    _check_url(source_url)
    _refuse_special(claim, quote)
    dossier = await crm.dossiers.get(dossier_id, lock=True)
    if contradicts_id is not None:
        await _same_subject(crm, dossier, contradicts_id)
    fact = crm.facts.add(
        Fact(
            dossier_id=dossier_id,
            topic=topic,
            claim=claim.strip(),
            quote=quote,
            source_url=source_url,
            source_title=source_title,
            source_date=source_date,
            retrieved_at=at,
            confidence=confidence,
            contradicts_id=contradicts_id,
            expires_on=expires_on or (at.date() + KEEPS[topic] if topic in KEEPS else None),
        )
    )
    await crm.flush()
    return fact


async def withdraw_fact(
    crm: Crm, fact_id: UUID, because: str, *, at: datetime | None = None
) -> Fact:
    """Rely on it no longer, and say why."""
    if not because.strip():
        raise Invalid("Say why the fact is withdrawn.")
    fact = await crm.facts.get(fact_id, lock=True)
    fact.withdrawn_at, fact.withdrawn_because = at or now(), because.strip()
    await crm.flush()
    return fact


async def suggest_match(
    crm: Crm,
    dossier_id: UUID,
    *,
    found_name: str,
    source_url: str,
    grade: MatchGrade,
    score: Decimal,
    evidence: Sequence[Mapping[str, Any]],
    person_id: UUID | None = None,
) -> IdentityMatch:
    """Somebody a source speaks of may be the person meant; a person decides."""
    _check_url(source_url)
    if not evidence:
        raise Invalid("Say what makes it likely that they are the same person.")
    await crm.dossiers.get(dossier_id)
    if person_id is not None:
        await crm.people.get(person_id)
    match = crm.identity_matches.add(
        IdentityMatch(
            dossier_id=dossier_id,
            person_id=person_id,
            grade=grade,
            score=score,
            source_url=source_url,
            found_name=found_name,
            evidence=[dict(each) for each in evidence],
        )
    )
    await crm.flush()
    return match


async def judge_match(
    crm: Crm, match_id: UUID, *, same: bool, at: datetime | None = None
) -> IdentityMatch:
    """Say whether it is the same person, once."""
    match = await crm.identity_matches.get(match_id, lock=True)
    if match.verdict is not MatchVerdict.OPEN:
        raise Conflict(f"This match was {match.verdict} already.")
    match.verdict = MatchVerdict.CONFIRMED if same else MatchVerdict.REJECTED
    match.decided_by, match.decided_at = crm.actor.member_id, at or now()
    await crm.flush()
    return match


async def _same_subject(crm: Crm, dossier: Dossier, fact_id: UUID) -> None:
    other = await crm.dossiers.get((await crm.facts.get(fact_id)).dossier_id)
    if (other.donor_id, other.person_id) != (dossier.donor_id, dossier.person_id):
        raise Invalid("A fact can only contradict another on the same donor or person.")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid("A source is an address on the web.")


def _refuse_special(*texts: str) -> None:
    if (category := special_category(*texts)) is not None:
        raise SpecialCategory(f"Facts about {category} are not recorded about anybody.")
