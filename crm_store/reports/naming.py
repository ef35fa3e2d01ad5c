"""From the keys figures are grouped by to what people call them, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.base import Live
from crm_store.contacts.models import Address
from crm_store.contacts.names import name_key
from crm_store.donors.models import Journey
from crm_store.errors import Invalid
from crm_store.reports.dimensions import Dimension
from crm_store.reports.plan import ORG

TERRITORIES: Mapping[str, str] = Locale("en").territories


class Names:
    """Looks names up once for a question."""

    def __init__(self, session: AsyncSession, org_id: UUID) -> None:
        self._session = session
        self._org = {"org": org_id}
        self._known: dict[str, dict[Any, str]] = {}

    async def label(self, dimension: Dimension, keys: Iterable[Any]) -> dict[Any, str]:
        """What each key is called."""
        wanted = set(keys)
        known = await self._lookup(dimension, wanted)
        return {key: known.get(key) or dimension.label(key) for key in wanted}

    async def keys(self, dimension: Dimension, names: Sequence[str]) -> tuple[Any, ...]:
        """The keys people mean by these names; an unknown one is told what is near."""
        return tuple([await self._key(dimension, name) for name in names])

    async def _key(self, dimension: Dimension, name: str) -> Any:
        asked = name.strip().casefold()
        if asked == dimension.absent.casefold():
            return None
        if dimension.name == "city":
            return name_key(name)
        known = await self._all(dimension)
        by_name = {label.casefold(): key for key, label in known.items()}
        by_name |= {str(key).casefold(): key for key in known}
        if asked in by_name:
            return by_name[asked]
        if known:
            near = get_close_matches(asked, by_name, n=3)
            hint = f" Perhaps {' or '.join(known[by_name[one]] for one in near)}?" if near else ""
            raise Invalid(f"There is no {dimension.title.lower()} “{name}”.{hint}")
        return _plain(dimension, name)

    async def _all(self, dimension: Dimension) -> dict[Any, str]:
        """Every value there can be, where that is known."""
        if dimension.choices is not None:
            return {str(value): dimension.label(str(value)) for value in dimension.choices}
        if dimension.labels is not None:
            return dict(dimension.labels)
        if dimension.named_by is not None or dimension.name == "journey_stage":
            return await self._lookup(dimension, None)
        return {}

    async def _lookup(self, dimension: Dimension, keys: set[Any] | None) -> dict[Any, str]:
        if dimension.named_by is not None:
            return await self._rows(dimension.named_by, keys)
        if dimension.name == "journey_stage":
            return await self._stages()
        if dimension.name == "city":
            return await self._cities(keys or set())
        if dimension.name == "country":
            return {key: TERRITORIES.get(key, key) for key in keys or () if key is not None}
        return {}

    async def _rows(self, model: Any, keys: set[Any] | None) -> dict[Any, str]:
        query = select(model.id, model.name).where(model.org_id == ORG)
        if keys is not None:
            query = query.where(model.id.in_([key for key in keys if key is not None]))
        elif issubclass(model, Live):
            query = query.where(model.deleted_at.is_(None))
        return await self._pairs(query)

    async def _cities(self, keys: set[Any]) -> dict[Any, str]:
        return await self._pairs(
            select(Address.city_key, func.min(Address.city))
            .where(
                Address.org_id == ORG,
                Address.city_key.in_([key for key in keys if key is not None]),
            )
            .group_by(Address.city_key)
        )

    async def _stages(self) -> dict[Any, str]:
        graphs = select(Journey.graph).where(Journey.org_id == ORG, Journey.is_active)
        found = await self._session.scalars(graphs, self._org)
        return {stage["id"]: stage["name"] for graph in found for stage in graph["stages"]}

    async def _pairs(self, query: Any) -> dict[Any, str]:
        found = await self._session.execute(query, self._org)
        return {row[0]: row[1] for row in found}


def _plain(dimension: Dimension, name: str) -> Any:
    """A value that stands for itself."""
    if dimension.name == "donor":
        try:
            return UUID(name)
        except ValueError:
            raise Invalid(f"A donor is named by an id here, not by “{name}”.") from None
    if dimension.name == "country":
        codes = {label.casefold(): code for code, label in TERRITORIES.items()}
        return codes.get(name.strip().casefold(), name.strip().upper())
    return name.strip().upper() if dimension.name == "currency" else name.strip()
