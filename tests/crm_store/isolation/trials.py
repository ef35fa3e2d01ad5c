"""One question or verb asked with our own ids, with a neighbour's and with ids of nothing."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import crm_store
from crm_store.actor import Actor
from crm_store.crm import Crm
from tests.crm_store.isolation.arguments import Maker, Slot, slots
from tests.crm_store.isolation.rehearsing import Outcome, Rehearsal, rehearse

NOWHERE = UUID("0192f5b4-1111-7222-8333-444455556666")
NOT_PRODUCT = {"testing", "seeds", "demo", "migrations"}


@dataclass(frozen=True)
class Question:
    """A repository's method or a verb, with whatever its signature does not say by itself."""

    name: str
    function: Any
    bound: Any
    model: Any = None
    query: Any = lambda crm: None

    @property
    def slots(self) -> list[Slot]:
        return list(slots(self.function))


def methods() -> Iterator[Question]:
    """Every public asynchronous method of every repository a Crm carries."""
    for noun, member in vars(Crm).items():
        if isinstance(member, cached_property):
            kind = typing.get_type_hints(member.func)["return"]
            for name in dir(kind):
                method = getattr(kind, name)
                if not name.startswith("_") and inspect.iscoroutinefunction(method):
                    yield Question(
                        f"{noun}.{name}",
                        method,
                        lambda crm, noun=noun, name=name: getattr(getattr(crm, noun), name),
                        getattr(kind, "model", None),
                        lambda crm, noun=noun: (
                            rows() if (rows := getattr(getattr(crm, noun), "rows", None)) else None
                        ),
                    )


def verbs() -> Iterator[Question]:
    """Every public coroutine of the store that is given a Crm first."""
    for module in _modules():
        for name, function in vars(module).items():
            if (
                inspect.iscoroutinefunction(function)
                and function.__module__ == module.__name__
                and not name.startswith("_")
                and next(iter(inspect.signature(function).parameters), "") == "crm"
            ):
                short = module.__name__.removeprefix("crm_store.")
                yield Question(
                    f"{short}.{name}",
                    function,
                    lambda crm, function=function: lambda *a, **k: function(crm, *a, **k),
                )


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages([str(Path(crm_store.__file__).parent)], "crm_store."):
        if not NOT_PRODUCT & set(found.name.split(".")):
            yield importlib.import_module(found.name)


class Absent(Exception):
    """A row that an argument needs has to be loaded first."""


@dataclass
class Trial:
    """Asks one question as one actor."""

    store: Rehearsal
    actor: Actor
    keys: Mapping[tuple[str, UUID], Mapping[str, Any]]
    neighbour: UUID
    question: Question
    given: Mapping[str, Any] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    async def own(self, extra: Slot | None = None, *, look: bool = False) -> Outcome:
        return await self._ask(extra, self._ours, look=look)

    async def foreign(self, slot: Slot) -> Outcome:
        return await self._ask(slot, self._theirs, look=True)

    async def missing(self, slot: Slot) -> Outcome:
        return await self._ask(slot, lambda _: NOWHERE)

    @property
    def id_slots(self) -> list[Slot]:
        return [slot for slot in self.question.slots if slot.carries_ids]

    def _ours(self, table: str) -> UUID:
        return self._id(table, self.actor.org)

    def _theirs(self, table: str) -> UUID:
        found = self._id(table, self.neighbour)
        self.asked.add(found.hex)
        return found

    def _id(self, table: str, org_id: UUID) -> UUID:
        key = self.keys[table, org_id]
        found: UUID = key.get("id") or next(v for n, v in key.items() if n != "org_id")
        return found

    async def _ask(
        self, slot: Slot | None, ident: Callable[[str], UUID], *, look: bool = False
    ) -> Outcome:
        async def call(crm: Crm) -> Any:
            arguments = await self._arguments(crm, slot, ident)
            return await self.question.bound(crm)(*arguments.args, **arguments.kwargs)

        return await rehearse(self.store, self.actor, call, look=look)

    async def _arguments(
        self, crm: Crm, special: Slot | None, ident: Callable[[str], UUID]
    ) -> inspect.BoundArguments:
        rows: dict[type[Any], Any] = {}

        def load(model: type[Any]) -> Any:
            if model not in rows:
                raise Absent(model)
            return rows[model]

        while True:
            try:
                return self._bind(crm, special, ident, load)
            except Absent as absent:
                model = absent.args[0]
                key = self.keys[model.__tablename__, self.actor.org]
                rows[model] = await crm.session.get_one(model, {"org_id": self.actor.org, **key})

    def _varied(self, slot: Slot, crm: Crm, maker: Maker) -> Any:
        if slot.noun:
            return maker.ident(slot.noun)
        if callable(self.given.get(slot.name)):
            return self._given(slot.name, crm, maker)
        return maker.value(slot.name, slot.hint)

    def _given(self, name: str, crm: Crm, maker: Maker) -> Any:
        value = self.given[name]
        return value(crm, maker) if callable(value) else value

    def _bind(self, crm: Crm, special: Slot | None, ident: Any, load: Any) -> Any:
        query = self.question.query(crm)
        mine = Maker(self._ours, load, self.question.model, query)
        other = Maker(ident, load, self.question.model, query)
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for slot in self.question.slots:
            if special and slot.family and slot.family == special.family and slot != special:
                continue
            if special and slot.name == special.name:
                value = self._varied(slot, crm, other)
            elif slot.name in self.given:
                value = self._given(slot.name, crm, mine)
            elif slot.required or (slot.kind is slot.kind.VAR_POSITIONAL and slot.carries_ids):
                value = mine.value(slot.name, slot.hint)
            else:
                continue
            if slot.kind is slot.kind.VAR_POSITIONAL:
                positional = [*named.values(), value]
                named = {}
            else:
                named[slot.name] = value
        known = {slot.name for slot in self.question.slots}
        named |= {name: self._given(name, crm, mine) for name in self.given if name not in known}
        signature = inspect.signature(self.question.function)
        inner = signature.replace(parameters=list(signature.parameters.values())[1:])
        return inner.bind(*positional, **named)
