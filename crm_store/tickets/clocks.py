"""The two clocks of a ticket: until somebody answers, and until it is solved.

A running clock has a due time; a standing one has the working seconds that were left (below zero:
it was late). They run only while the ticket is open, for then the organisation owes an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm_store.tickets.business_time import AroundTheClock, Pace
from crm_store.tickets.models import SlaPolicy, Ticket


class Clock(StrEnum):
    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"


@dataclass(frozen=True)
class Promise:
    """A policy and the working time it counts in; none: nothing is promised."""

    policy: SlaPolicy | None = None
    pace: Pace = field(default_factory=AroundTheClock)

    def minutes(self, clock: Clock) -> int | None:
        found: int | None = getattr(self.policy, f"{clock}_minutes", None)
        return found


class Face:
    """One clock of one ticket, read and set by its name."""

    def __init__(self, ticket: Ticket, clock: Clock) -> None:
        self.ticket, self.clock = ticket, clock

    @property
    def minutes(self) -> int | None:
        found: int | None = getattr(self.ticket, f"{self.clock}_minutes")
        return found

    @property
    def due_at(self) -> datetime | None:
        found: datetime | None = getattr(self.ticket, f"{self.clock}_due_at")
        return found

    @property
    def left(self) -> int | None:
        found: int | None = getattr(self.ticket, f"{self.clock}_left")
        return found

    def left_at(self, pace: Pace, at: datetime) -> int | None:
        """Working seconds left at a moment, whether it runs or stands."""
        return self.left if self.due_at is None else pace.between(at, self.due_at)

    def set(self, pace: Pace, at: datetime, left: int | None, *, runs: bool) -> None:
        running = runs and left is not None
        due_at = pace.add(at, left) if running and left is not None else None
        setattr(self.ticket, f"{self.clock}_due_at", due_at)
        setattr(self.ticket, f"{self.clock}_left", None if running else left)

    def is_late(self, at: datetime) -> bool:
        if self.due_at is not None:
            return self.due_at < at
        return self.left is not None and self.left < 0


def faces(ticket: Ticket) -> Iterator[Face]:
    """The clocks that still matter: nobody waits for a first answer that has been given."""
    if ticket.first_responded_at is None:
        yield Face(ticket, Clock.FIRST_RESPONSE)
    yield Face(ticket, Clock.RESOLUTION)


def start(ticket: Ticket, promise: Promise, at: datetime) -> None:
    """Set both clocks going from the moment the ticket came in."""
    ticket.clock_started_at = at
    ticket.sla_policy_id = promise.policy.id if promise.policy else None
    for face in faces(ticket):
        minutes = promise.minutes(face.clock)
        setattr(ticket, f"{face.clock}_minutes", minutes)
        left = None if minutes is None else minutes * 60
        face.set(promise.pace, at, left, runs=ticket.is_running)


def follow_status(ticket: Ticket, promise: Promise, at: datetime) -> None:
    """Run or stand as the ticket's status now says."""
    for face in faces(ticket):
        if (face.due_at is not None) != ticket.is_running:
            left = face.left_at(promise.pace, at)
            face.set(promise.pace, at, left, runs=ticket.is_running)


def answered(ticket: Ticket, promise: Promise, at: datetime) -> None:
    """Stop the first clock for good, keeping how much was left."""
    if ticket.first_responded_at is None:
        face = Face(ticket, Clock.FIRST_RESPONSE)
        face.set(promise.pace, at, face.left_at(promise.pace, at), runs=False)
        ticket.first_responded_at = at


def change_promise(ticket: Ticket, before: Promise, after: Promise, at: datetime) -> None:
    """Another policy: what has been used up stays used up."""
    began = ticket.clock_started_at or at
    ticket.sla_policy_id = after.policy.id if after.policy else None
    for face in faces(ticket):
        left = face.left_at(before.pace, at)
        allowed, minutes = face.minutes, after.minutes(face.clock)
        if left is None or allowed is None:
            used = after.pace.between(began, at)
        else:
            used = allowed * 60 - left
        setattr(ticket, f"{face.clock}_minutes", minutes)
        remains = None if minutes is None else minutes * 60 - used
        face.set(after.pace, at, remains, runs=ticket.is_running)
