"""What the box shows: hits with their reasons, and how many more there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from crm_store.search.models import Findable
from crm_store.view import AMOUNTS, View


class Hit(View):
    """One record that was found, why, and what tells it from its namesakes."""

    id: UUID
    kind: Findable
    label: str
    why: tuple[str, ...] = ()
    score: float = 1.0
    place: str | None = None
    last_gift_year: int | None = None
    officer: str | None = None
    note: str | None = None
    donor_id: UUID | None = None
    given_on: date | None = None
    amount: Annotated[Decimal | None, AMOUNTS] = None
    currency: str | None = None

    @property
    def details(self) -> str:
        """What to say beside the name where names are alike: city, last gift, officer."""
        facts = (
            self.place,
            f"last gift {self.last_gift_year}" if self.last_gift_year else None,
            f"with {self.officer}" if self.officer else None,
            self.note,
        )
        return " · ".join(fact for fact in facts if fact)

    def __str__(self) -> str:
        return f"{self.label} ({self.details})" if self.details else self.label


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best hits first. Where there may be more than were counted, is_exact says so."""

    hits: tuple[Hit, ...] = ()
    total_at_least: int = 0
    is_exact: bool = True
    hidden: int = 0
    ambiguous: bool = False

    @property
    def summary(self) -> str:
        """How many there are, in a sentence."""
        count = self.total_at_least
        found = f"{count:,} found" if self.is_exact else f"At least {count:,} found"
        if not count:
            found = "Nothing found"
        if not self.hidden:
            return f"{found}."
        are = "is" if self.hidden == 1 else "are"
        return f"{found}; {self.hidden:,} more {are} not visible to you."
