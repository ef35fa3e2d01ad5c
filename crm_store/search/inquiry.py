"""How an answer is looked for: the likeliest reading first, looser ones where that gives few."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any
from uuid import UUID

from crm_store.search.filing import DOMAIN, EMAIL, PHONE, PHONE_END, number_term, pair
from crm_store.search.finding import Finder, Found
from crm_store.search.likeness import initials, likeness, lookups
from crm_store.search.models import Findable
from crm_store.search.typed import Typed
from crm_store.search.weighing import CERTAIN, GOOD

LIKELIEST = 24
WELL = 0.9
OF_A_PAIR = 1_000

Terms = Mapping[str, float]


class Inquiry:
    """Collects entries for what was typed until there are enough."""

    def __init__(self, finder: Finder, typed: Typed, enough: int) -> None:
        self.finder = finder
        self.typed = typed
        self.enough = enough
        self.rows: dict[UUID, Any] = {}
        self.reached: dict[UUID, Any] = {}
        self.seen = 0
        self.hidden = 0
        self.best = 0.0
        self.is_exact = True

    async def run(self) -> None:
        meant = await self._meant()
        if self.typed.address or self.typed.number or self.typed.codes:
            await self._by_sign(meant)
            if not self.seen + self.hidden:
                self.typed = self.typed.as_words()
                meant = await self._meant()
        if meant and not self.seen + self.hidden:
            await self._by_words(meant)

    async def _meant(self) -> dict[str, Terms]:
        """For each word that was typed, the words on file that may be meant by it."""
        typed = self.typed.words
        keys = {key for word in typed for key in lookups(word)}
        shortest = min(2, max(map(len, typed), default=0))
        beginnings = [word for word in typed if len(word) >= shortest]
        if not beginnings:
            return {}
        on_file = await self.finder.words(keys, beginnings)
        return {word: self._alike(word, on_file) for word in typed}

    def _alike(self, word: str, on_file: Collection[str]) -> Terms:
        if self._is_initial(word):
            return dict.fromkeys(initials(word), CERTAIN)
        alike = {term: likeness(word, term).quality for term in on_file}
        return {term: quality for term, quality in alike.items() if quality >= GOOD}

    async def _by_sign(self, meant: Mapping[str, Terms]) -> None:
        """By e-mail address, telephone number or reference, and by the words beside it."""
        others = [terms.keys() for terms in meant.values()]
        finder = self.finder.with_people()
        for code in self.typed.codes:
            self._take(await self.finder.by_terms({number_term(code): 1.0}, *others))
        if self.typed.address:
            sign = DOMAIN if self.typed.address.startswith("@") else EMAIL
            beginning = sign + self.typed.address.removeprefix("@")
            await self._take_reached(await finder.by_beginning(beginning, *others))
        if number := self.typed.number:
            for ending in number.endings:
                beginning = PHONE_END + ending[::-1]
                await self._take_reached(await finder.by_beginning(beginning, *others))
            if number.is_international and not self.rows:
                beginning = PHONE + number.digits
                await self._take_reached(await finder.by_beginning(beginning, *others))

    async def _take_reached(self, found: Found) -> None:
        """People who were reached; for those who are not to be shown, the donor they are of."""
        wanted = Findable.PERSON.value in self.finder.kinds
        through = {
            row.donor_id: row
            for row in found.rows
            if row.kind == Findable.PERSON and row.donor_id and not (wanted and row.visible)
        }
        donors = await self.finder.donors(through) if through else ()
        for donor in donors:
            self.rows.setdefault(donor.id, donor)
            self.reached[donor.id] = through[donor.id]
        kept = [row for row in found.rows if wanted or row.kind != Findable.PERSON]
        shown = sum(row.visible for row in kept)
        unseen = len(found.rows) - shown - len(donors)
        seen, hidden = (found.seen, found.hidden) if wanted and not through else (shown, unseen)
        self._take(Found(kept, seen, hidden, found.is_exact))

    async def _by_words(self, meant: Mapping[str, Terms]) -> None:
        names = {word: terms for word, terms in meant.items() if not self._is_initial(word)}
        if len(names) == 1:
            await self._by_one(names, meant)
        elif all(meant.values()):
            await self._by_pair(names, meant)
            if self.best < CERTAIN and not self._is_enough:
                await self._by_rarest(names, meant)
        if not self.seen + self.hidden:
            await self._by_part(names)

    def _is_initial(self, word: str) -> bool:
        """A single letter beside whole words stands for a name that begins so."""
        return len(word) == 1 and any(len(other) > 1 for other in self.typed.words)

    @property
    def _is_enough(self) -> bool:
        """Whether as many as are wanted match well, be they visible or not."""
        good = [row for row in self.rows.values() if row.quality >= WELL]
        people = {row.donor_id for row in good} & {row.id for row in good}
        return len(good) - len(people) + self.hidden >= self.enough

    async def _by_one(self, names: Mapping[str, Terms], meant: Mapping[str, Terms]) -> None:
        ((word, terms),) = names.items()
        others = _all_but(meant, word)
        certain = {term: quality for term, quality in terms.items() if quality >= CERTAIN}
        if certain:
            self._take(await self.finder.by_terms(certain, *others))
        if not self._is_enough and len(certain) < len(terms):
            self._take(await self.finder.by_terms(terms, *others))

    async def _by_pair(self, names: Mapping[str, Terms], meant: Mapping[str, Terms]) -> None:
        """Names are filed in pairs, so that two common ones together are found at once."""
        first, second = sorted(names, key=len, reverse=True)[:2]
        pairs: dict[str, float] = {}
        for (one, good), (other, fair) in product(
            _likeliest(meant[first]), _likeliest(meant[second])
        ):
            together = pair(one, other)
            pairs[together] = max(pairs.get(together, 0.0), (good + fair) / 2)
        others = _all_but(meant, first, second)
        self._take(await self.finder.by_terms(pairs, *others, each=OF_A_PAIR))

    async def _by_rarest(self, names: Mapping[str, Terms], meant: Mapping[str, Terms]) -> None:
        """The word that fewest entries have, among those that have the others too."""
        sizes = await self.finder.sizes([terms.keys() for terms in names.values()])
        rarest = min(zip(sizes, names, strict=True))[1]
        self._take(await self.finder.by_terms(meant[rarest], *_all_but(meant, rarest)))

    async def _by_part(self, names: Mapping[str, Terms]) -> None:
        """Nothing has them all: what the most telling word alone would find."""
        known = {word: terms for word, terms in names.items() if terms}
        if known:
            sizes = await self.finder.sizes([terms.keys() for terms in known.values()])
            self._take(await self.finder.by_terms(known[min(zip(sizes, known, strict=True))[1]]))

    def _take(self, found: Found) -> None:
        for row in found.rows:
            if row.visible:
                self.rows.setdefault(row.id, row)
            self.best = max(self.best, row.quality)
        self.seen = max(self.seen, found.seen, len(self.rows))
        self.hidden = max(self.hidden, found.hidden)
        self.is_exact = self.is_exact and found.is_exact


def _all_but(meant: Mapping[str, Terms], *words: str) -> list[Collection[str]]:
    return [terms.keys() for word, terms in meant.items() if word not in words]


def _likeliest(terms: Terms) -> list[tuple[str, float]]:
    return sorted(terms.items(), key=lambda item: -item[1])[:LIKELIEST]
