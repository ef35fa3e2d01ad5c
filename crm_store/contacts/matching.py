"""Who may already be recorded: graded matches, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import func, or_

from crm_store.contacts import names
from crm_store.contacts.blocking import Known, gather
from crm_store.contacts.candidates import Candidate, Reached, reached_by, tails
from crm_store.contacts.models import Company, IdentifierKind
from crm_store.crm import Crm

ALIKE = 0.88
MOST = 10
PROOF = frozenset({IdentifierKind.EXTERNAL, IdentifierKind.WHATSAPP_USER, IdentifierKind.VISITOR})
WORDS = {
    IdentifierKind.EMAIL: "e-mail address",
    IdentifierKind.PHONE: "telephone number",
    IdentifierKind.WHATSAPP: "telephone number",
    IdentifierKind.EXTERNAL: "outside id",
}


class Grade(StrEnum):
    EXACT = "exact"
    STRONG = "strong"
    POSSIBLE = "possible"


RANK = {Grade.EXACT: 0, Grade.STRONG: 1, Grade.POSSIBLE: 2}
ONE_LOWER = {
    Grade.EXACT: Grade.POSSIBLE,
    Grade.STRONG: Grade.POSSIBLE,
    Grade.POSSIBLE: None,
}


@dataclass(frozen=True, slots=True)
class Match:
    """A record that may be the same; a hidden one is counted but not named."""

    grade: Grade
    row_id: UUID
    name: str
    reasons: tuple[str, ...]
    is_visible: bool = True

    @property
    def who(self) -> str:
        return self.name if self.is_visible else "Somebody who is not visible to you"

    @property
    def why(self) -> str:
        return ", ".join(self.reasons)


async def find_matches(crm: Crm, candidate: Candidate, limit: int = MOST) -> list[Match]:
    """Who the candidate may be, surest first."""
    (found,) = await find_matches_of(crm, [candidate], limit, closely=True)
    return found


async def find_matches_of(
    crm: Crm, candidates: Sequence[Candidate], limit: int = MOST, *, closely: bool = False
) -> list[list[Match]]:
    """The same for many at once, in the same number of round trips, as imports ask it.

    closely: also look through everybody of the family name, which costs more.
    """
    country = await crm.identifiers.country()
    reached = [reached_by(candidate, country) for candidate in candidates]
    known = await gather(crm, candidates, reached, closely=closely)
    return [
        _rank(_graded(candidate, reach, known.near(candidate, reach)), limit)
        for candidate, reach in zip(candidates, reached, strict=True)
    ]


def grade(candidate: Candidate, reach: Reached, person: Known) -> Match | None:
    """How sure it is that these two are one, and why."""
    numbers, proven = _shared_identifiers(reach, person)
    same_afm = bool(candidate.afm) and candidate.afm == person.afm
    likeness = _likeness(candidate, person)
    near = _circumstances(candidate, reach, person)
    found = _grade(likeness, near, same_afm=same_afm, numbers=bool(numbers), proven=proven)
    against = _contradictions(candidate, person)
    lowered = ONE_LOWER[found] if found and against else found
    if lowered is None:
        return None
    tax = ("the same tax number",) if same_afm else ()
    called = (likeness.value,) if likeness else ()
    told = (*tax, *numbers, *called, *near.reasons, *against)
    return Match(lowered, person.id, person.name, told, person.is_visible)


def _grade(
    likeness: Likeness | None,
    near: Circumstances,
    *,
    same_afm: bool,
    numbers: bool,
    proven: bool,
) -> Grade | None:
    """The rules. A proof or a shared number says little about somebody of another name."""
    fits = likeness is not Likeness.OTHER
    rules = (
        (Grade.EXACT, same_afm or (proven and fits)),
        (Grade.STRONG, (numbers and fits) or (likeness is Likeness.SAME and near.sure)),
        (Grade.POSSIBLE, numbers or likeness is Likeness.SAME),
        (Grade.POSSIBLE, likeness is Likeness.ALIKE and bool(near.reasons)),
    )
    return next((found for found, holds in rules if holds), None)


class Likeness(StrEnum):
    """How two names compare. The words are what people are told."""

    SAME = "the same name"
    ALIKE = "a similar name"
    OTHER = "another name"


@dataclass(frozen=True, slots=True)
class Circumstances:
    reasons: tuple[str, ...]
    sure: bool


def _circumstances(candidate: Candidate, reach: Reached, person: Known) -> Circumstances:
    """What besides the name speaks for it."""
    sure = {
        "the same birthday": bool(candidate.birthday) and candidate.birthday == person.birthday,
        "the same address": bool(candidate.place) and candidate.place in person.places,
        "numbers that end alike": bool(tails(reach) & person.tails),
    }
    city = names.name_key(candidate.city)
    told = [reason for reason, holds in sure.items() if holds]
    if city and city in person.cities and "the same address" not in told:
        told.append("the same city")
    return Circumstances(tuple(told), any(sure.values()))


def _likeness(candidate: Candidate, person: Known) -> Likeness | None:
    """None where the two have no part of a name to compare."""
    given, family = candidate.given_key, candidate.family_key
    theirs = (person.given_key, person.family_key)
    if (given or family) and ((given, family) == theirs or (family, given) == theirs):
        return Likeness.SAME
    compared = []
    if given and person.given_key:
        compared.append(
            _alike(given, person.given_key)
            or _is_initial(given, person.given_key)
            or bool(names.roots(candidate.given_name) & names.roots(person.given_name))
        )
    if family and person.family_key:
        sounds = names.sounds(candidate.family_name) & names.sounds(person.family_name)
        compared.append(bool(sounds) or _alike(family, person.family_key))
    if not compared:
        return None
    fits = all(compared) or person.sound_key in candidate.sounds
    return Likeness.ALIKE if fits else Likeness.OTHER


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _alike(one: str, other: str) -> bool:
    return JaroWinkler.similarity(one, other) >= ALIKE


def _shared_identifiers(reach: Reached, person: Known) -> tuple[list[str], bool]:
    """In words, and whether one of them is proof: verified, unshared, or of a kind that is."""
    told: dict[str, None] = {}
    proven = False
    for kind, value, source in reach:
        for held in person.identifiers:
            if (value, source) != (held.normalised, held.source) or not _same_kind(kind, held.kind):
                continue
            told[f"the same {WORDS.get(held.kind, held.kind.value.replace('_', ' '))}"] = None
            proven |= not held.is_shared and (held.is_verified or held.kind in PROOF)
    return list(told), proven


def _same_kind(one: IdentifierKind, other: IdentifierKind) -> bool:
    numbers = {IdentifierKind.PHONE, IdentifierKind.WHATSAPP}
    return one is other or {one, other} <= numbers


def _contradictions(candidate: Candidate, person: Known) -> tuple[str, ...]:
    against = {
        "but different birthdays": (candidate.birthday, person.birthday),
        "but different tax numbers": (candidate.afm, person.afm),
        "but a different suffix": (
            names.name_key(candidate.suffix), names.name_key(person.suffix)
        ),
    }  # fmt: skip
    return tuple(
        sentence for sentence, (one, other) in against.items() if one and other and one != other
    )


def _graded(candidate: Candidate, reach: Reached, people: Iterable[Known]) -> list[Match]:
    found = (grade(candidate, reach, person) for person in people if person.id != candidate.not_id)
    return [match for match in found if match is not None]


def _rank(matches: list[Match], limit: int) -> list[Match]:
    return sorted(matches, key=lambda m: (RANK[m.grade], -len(m.reasons), m.name))[:limit]


async def find_company_matches(crm: Crm, company: Company, limit: int = MOST) -> list[Match]:
    """Which recorded company this may be: the same tax number, domain or name."""
    key = names.company_key(company.name)
    same = [Company.name_key == key] if key else []
    same += [Company.afm == company.afm] if company.afm else []
    same += [Company.domain == company.domain] if company.domain else []
    found = await crm.session.execute(
        crm.companies.everything()
        .where(or_(*same), Company.id != company.id)
        .add_columns(func.coalesce(crm.companies.visible(), False))
        .limit(10 * limit)
    )
    return _rank([_company_match(company, key, row, seen) for row, seen in found], limit)


def _company_match(company: Company, key: str, row: Company, is_visible: bool) -> Match:
    same_afm = bool(company.afm) and company.afm == row.afm
    reasons = {
        "the same tax number": same_afm,
        "the same name": key == row.name_key,
        "the same domain": bool(company.domain) and company.domain == row.domain,
    }
    told = tuple(reason for reason, holds in reasons.items() if holds)
    differs = bool(company.afm and row.afm) and not same_afm
    found = Grade.EXACT if same_afm else Grade.POSSIBLE if differs else Grade.STRONG
    against = ("but different tax numbers",) if differs else ()
    return Match(found, row.id, row.name, (*told, *against), is_visible)
