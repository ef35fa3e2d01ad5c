"""The rule itself: from what is known of somebody to whether we may write, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from crm_store.base import new_id
from crm_store.channel import Channel, Purpose
from crm_store.outreach.models import ContactPolicy, SuppressionReason

WRITTEN = frozenset({Channel.EMAIL, Channel.WHATSAPP, Channel.TEXT, Channel.PHONE})


class Why(StrEnum):
    """Every reason not to, by the name machines know it under."""

    UNKNOWN_PERSON = "unknown_person"
    DECEASED = "deceased"
    DO_NOT_CONTACT = "do_not_contact"
    DO_NOT_SOLICIT = "do_not_solicit"
    HOLD = "hold"
    BEREAVED = "bereaved"
    NO_ADDRESS = "no_address"
    DEAD_ADDRESS = "dead_address"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"
    NO_CONSENT = "no_consent"
    HOUSEHOLD_OPTED_OUT = "household_opted_out"
    PARTNER_OPTED_OUT = "partner_opted_out"
    TOO_MANY = "too_many"
    TOO_SOON = "too_soon"
    HOUSEHOLD_TOO_MANY = "household_too_many"
    OFFICER_OWNED = "officer_owned"
    QUIET_HOURS = "quiet_hours"


PASSES = frozenset(
    {Why.HOLD, Why.BEREAVED, Why.TOO_MANY, Why.TOO_SOON, Why.HOUSEHOLD_TOO_MANY, Why.QUIET_HOURS}
)
"""Reasons that time alone removes."""

SUPPRESSED_BECAUSE = {
    SuppressionReason.UNSUBSCRIBED: "They unsubscribed.",
    SuppressionReason.KEYWORD: "They answered STOP.",
    SuppressionReason.COMPLAINT: "They reported a message of ours as spam.",
    SuppressionReason.MANUAL: "Their address is on the list of those we do not write to.",
}
DEAD = frozenset(
    {SuppressionReason.HARD_BOUNCE, SuppressionReason.INVALID, SuppressionReason.ERASED}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person at the moment of asking; columns of contact_facts()."""

    person_id: UUID
    donor_id: UUID | None = None
    household_id: UUID | None = None
    timezone: str | None = None
    is_gone: bool = False
    is_deceased: bool = False
    do_not_contact: bool = False
    do_not_contact_reason: str | None = None
    donor_do_not_contact: bool = False
    donor_do_not_solicit: bool = False
    donor_hold_until: date | None = None
    donor_hold_reason: str | None = None
    has_officer: bool = False
    address: str | None = None
    has_dead_address: bool = False
    suppressions: list[str] = field(default_factory=list)
    consent_state: str | None = None
    consent_at: datetime | None = None
    partner_withdrew_at: datetime | None = None
    household_withdrew_at: datetime | None = None
    partner_do_not_contact: bool = False
    bereaved_on: date | None = None
    contacts: int = 0
    household_contacts: int = 0
    last_contact_at: datetime | None = None
    period_frees_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: by which channel, for what, when, and how strictly."""

    channel: Channel
    purpose: Purpose
    at: datetime
    timezone: str = "UTC"
    skips_officer_owned: bool = False

    @property
    def today(self) -> date:
        return self.at.astimezone(_zone(self.timezone)).date()


@dataclass(frozen=True, slots=True)
class Reason:
    code: Why
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one person, before or after it is put on record under its id."""

    person_id: UUID
    allowed: bool
    reasons: tuple[str, ...]
    codes: tuple[Why, ...] = ()
    address: str | None = None
    not_before: datetime | None = None
    donor_id: UUID | None = None
    household_id: UUID | None = None
    timezone: str | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def will_pass(self) -> bool:
        """Refused for now only: everything against it ends at a known time."""
        return not self.allowed and self.not_before is not None


def judge(facts: Facts, question: Question, policy: ContactPolicy) -> Verdict:
    """The one decision. Everything that speaks against it is said, not only the first."""
    against = [
        *_never(facts),
        *_no_way_to_reach(facts, question),
        *(_unasked(facts, question, policy) if question.purpose.is_marketing else ()),
    ]
    passing = {reason.code for reason in against} <= PASSES
    until = [reason.until for reason in against if reason.until is not None]
    return Verdict(
        person_id=facts.person_id,
        allowed=not against,
        reasons=tuple(reason.sentence for reason in against) or (_why_yes(facts, question),),
        codes=tuple(dict.fromkeys(reason.code for reason in against)),
        address=facts.address,
        not_before=max(until) if against and passing and len(until) == len(against) else None,
        donor_id=facts.donor_id,
        household_id=facts.household_id,
        timezone=facts.timezone,
    )


def unknown(person_id: UUID) -> Verdict:
    return Verdict(person_id, False, ("There is no such person.",), (Why.UNKNOWN_PERSON,))


def _never(facts: Facts) -> Iterator[Reason]:
    """What holds whatever the purpose."""
    if facts.is_gone:
        yield Reason(Why.UNKNOWN_PERSON, "Their record has been deleted.")
    if facts.is_deceased:
        yield Reason(Why.DECEASED, "They have died.")
    if facts.do_not_contact or facts.donor_do_not_contact:
        because = f": {facts.do_not_contact_reason}" if facts.do_not_contact_reason else ""
        yield Reason(Why.DO_NOT_CONTACT, f"They are marked “do not contact”{because}.")


def _no_way_to_reach(facts: Facts, question: Question) -> Iterator[Reason]:
    standing = map(SuppressionReason, sorted(set(facts.suppressions)))
    for reason in standing:
        if reason not in DEAD and (reason.blocks_everything or question.purpose.is_marketing):
            yield Reason(Why.SUPPRESSED, SUPPRESSED_BECAUSE[reason])
    if question.channel in WRITTEN and facts.address is None:
        if facts.has_dead_address:
            yield Reason(Why.DEAD_ADDRESS, "Messages to their address do not arrive.")
        else:
            yield Reason(Why.NO_ADDRESS, f"No address is known for {_named(question.channel)}.")


def _unasked(facts: Facts, question: Question, policy: ContactPolicy) -> Iterator[Reason]:
    """What holds for anything they did not ask for."""
    yield from _their_wishes(facts, question, policy)
    yield from _mourning(facts, question, policy)
    yield from _pressure(facts, question, policy)
    if question.skips_officer_owned and facts.has_officer:
        yield Reason(Why.OFFICER_OWNED, "Somebody looks after them personally.")
    if question.channel.value in policy.quiet_channels:
        yield from _quiet_hours(facts, question, policy)


def _their_wishes(facts: Facts, question: Question, policy: ContactPolicy) -> Iterator[Reason]:
    if facts.donor_do_not_solicit and question.purpose is Purpose.APPEAL:
        yield Reason(Why.DO_NOT_SOLICIT, "They asked not to be asked for money.")
    if facts.consent_state == "withdrawn":
        yield Reason(Why.WITHDRAWN, f"They withdrew their consent on {_day(facts.consent_at)}.")
    elif facts.consent_state is None and question.channel.value in policy.opt_in_channels:
        yield Reason(Why.NO_CONSENT, f"They never agreed to {_named(question.channel)}.")
    since = facts.consent_at if facts.consent_state == "given" else None
    if _later(facts.household_withdrew_at, since):
        yield Reason(Why.HOUSEHOLD_OPTED_OUT, "Their household asked not to be written to.")
    elif policy.partner_opt_out_counts:
        if _later(facts.partner_withdrew_at, since):
            yield Reason(Why.PARTNER_OPTED_OUT, "Somebody they live with opted out.")
        elif facts.partner_do_not_contact and since is None:
            yield Reason(
                Why.PARTNER_OPTED_OUT, "Somebody they live with is marked “do not contact”."
            )


def _mourning(facts: Facts, question: Question, policy: ContactPolicy) -> Iterator[Reason]:
    if facts.donor_hold_until is not None and question.today < facts.donor_hold_until:
        because = f": {facts.donor_hold_reason}" if facts.donor_hold_reason else ""
        sentence = f"They are not to be written to before {_day(facts.donor_hold_until)}{because}."
        yield Reason(Why.HOLD, sentence, _start_of(facts.donor_hold_until, question.timezone))
    if facts.bereaved_on is not None:
        over = facts.bereaved_on + timedelta(days=policy.bereavement_days)
        if question.today < over:
            sentence = f"Somebody in their household died on {_day(facts.bereaved_on)}."
            yield Reason(Why.BEREAVED, sentence, _start_of(over, question.timezone))


def _pressure(facts: Facts, question: Question, policy: ContactPolicy) -> Iterator[Reason]:
    period = f"in {policy.period_days} days"
    if facts.contacts >= policy.max_per_period:
        sentence = f"They were written to {_times(facts.contacts)} {period}."
        yield Reason(Why.TOO_MANY, sentence, facts.period_frees_at)
    if facts.household_id and facts.household_contacts >= policy.max_per_household:
        sentence = f"Their household was written to {_times(facts.household_contacts)} {period}."
        until = question.at + timedelta(days=1)
        yield Reason(Why.HOUSEHOLD_TOO_MANY, sentence, until)
    if facts.last_contact_at is not None:
        soonest = facts.last_contact_at + timedelta(days=policy.min_days_between)
        if question.at < soonest:
            sentence = f"They were last written to on {_day(facts.last_contact_at)}."
            yield Reason(Why.TOO_SOON, sentence, soonest)


def _quiet_hours(facts: Facts, question: Question, policy: ContactPolicy) -> Iterator[Reason]:
    local = question.at.astimezone(_zone(facts.timezone or question.timezone))
    minute = local.hour * 60 + local.minute
    start, end = policy.quiet_from_minute, policy.quiet_to_minute
    quiet = start <= minute < end if start < end else minute >= start or minute < end
    if start != end and quiet:
        waking = (local + timedelta(days=minute >= end)).replace(
            hour=end // 60 % 24, minute=end % 60, second=0, microsecond=0
        )
        yield Reason(Why.QUIET_HOURS, f"It is {local:%H:%M} where they are.", waking)


def _why_yes(facts: Facts, question: Question) -> str:
    if not question.purpose.is_marketing:
        return f"A {question.purpose.value} message needs no consent."
    if facts.consent_state == "given":
        return f"They gave their consent on {_day(facts.consent_at)}."
    return "Nothing speaks against it."


def _later(moment: datetime | None, than: datetime | None) -> bool:
    return moment is not None and (than is None or moment >= than)


def _named(channel: Channel) -> str:
    names = {Channel.EMAIL: "e-mail", Channel.WHATSAPP: "WhatsApp", Channel.TEXT: "text messages"}
    return names.get(channel, channel.value.replace("_", " "))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _day(moment: date | datetime | None) -> str:
    return f"{moment.day} {moment:%B %Y}" if moment else "an unknown day"


def _start_of(day: date, timezone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_zone(timezone))


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """An unknown zone is read as UTC rather than stopping a whole audience."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
