"""Plausible arguments for any question or verb, made from its signature alone."""

import datetime as dt
import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, true
from typing_extensions import is_typeddict

from crm_store import schema
from crm_store.base import Base, TenantRow

Ident = Callable[[str], UUID]
MOMENT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)

PLAIN: dict[Any, Any] = {
    bool: False,
    int: 5,
    float: 1.0,
    Decimal: Decimal(1),
    dt.date: MOMENT.date(),
    dt.datetime: MOMENT,
    dt.time: dt.time(9),
    dt.timedelta: dt.timedelta(hours=1),
    bytes: b"probe",
    ZoneInfo: ZoneInfo("Asia/Nicosia"),
    object: "probe",
    Any: "probe",
}

WORDS = {
    "currency": "EUR",
    "language": "en",
    "timezone": "Asia/Nicosia",
    "country": "CY",
    "email": "someone@probe.example",
    "address": "someone@probe.example",
    "phone": "+35724000009",
    "phone_number": "+35724000009",
    "number": "+35724000009",
    "url": "https://probe.example/page",
    "domain": "probe.example",
    "color": "#336699",
    "permission": "view_all_data",
    "scope": "donors:read",
    "mime_type": "text/plain",
    "content_type": "text/plain",
}

# Names of parameters that do not say whose ids they hold.
NOUNS = {
    "about": "donors",
    "account_id": "channel_accounts",
    "actor_id": "members",
    "among": "members",
    "beyond": "donors",
    "calendar_id": "business_calendars",
    "category_id": "product_categories",
    "contradicts_id": "facts",
    "credit_id": "soft_credits",
    "expected_id": "expected_gifts",
    "field_id": "custom_fields",
    "gifts_to_move": "gifts",
    "giver_id": "members",
    "homes": "households",
    "givers": "donors",
    "ids": "people",
    "row_id": "people",
    "requested_by": "members",
    "sender_id": "sender_identities",
    "supervisor_id": "members",
    "org_id": "orgs",
    "rows": "people",
    "own": "people",
    "paid": "gifts",
    "identity_id": "sender_identities",
    "job_id": "import_jobs",
    "keep": "people",
    "keep_id": "people",
    "key_id": "api_keys",
    "leaves_id": "people",
    "lose": "people",
    "lose_id": "people",
    "manager_id": "members",
    "match_id": "identity_matches",
    "members": "members",
    "more_workspaces": "workspaces",
    "move_to": "stages",
    "node_run_id": "workflow_node_runs",
    "not_id": "leads",
    "owner_id": "members",
    "parents": "people",
    "part_of": "merges",
    "phone_id": "staff_phones",
    "plan_id": "recurring_plans",
    "plan_ids": "recurring_plans",
    "recipient_id": "campaign_recipients",
    "reply_to_id": "messages",
    "rule_id": "scoring_rules",
    "sent": "people",
    "session_id": "drafting_sessions",
    "source_id": "crawl_sources",
    "taker_id": "members",
    "target_id": "tickets",
    "timer_id": "workflow_timers",
    "vectors": "chunks",
    "with_donor_id": "donors",
}


class NoIdea(Exception):
    """This kind of argument has to be named in a table."""


@dataclass(frozen=True)
class Slot:
    """One parameter, or one name of a keyword family."""

    name: str
    hint: Any
    required: bool
    kind: Any
    noun: str | None = None
    family: str | None = None

    @property
    def carries_ids(self) -> bool:
        return carries_ids(self.hint)


def slots(function: Any) -> Iterator[Slot]:
    """What may be given, beyond the first parameter; keyword families name by name."""
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    for parameter in parameters:
        hint = hints.get(parameter.name, Any)
        if parameter.kind is parameter.VAR_KEYWORD:
            yield from _family(parameter.name, hint, hints.get("return"))
        else:
            required = parameter.default is parameter.empty
            required = required and parameter.kind is not parameter.VAR_POSITIONAL
            yield Slot(parameter.name, hint, required, parameter.kind)


def _family(family: str, hint: Any, answer: Any) -> Iterator[Slot]:
    inner = typing.get_args(hint)[0] if typing.get_args(hint) else hint
    keyword = inspect.Parameter.KEYWORD_ONLY
    if is_typeddict(inner):
        for name, part in typing.get_type_hints(inner).items():
            yield Slot(name, part, False, keyword)
    elif inner is UUID or inner == UUID | None:
        for name in ("person_id", "donor_id", "company_id", "lead_id", "deal_id"):
            required = family == "noun" and name == "person_id"
            yield Slot(name, UUID, required, keyword, family=family)
    elif inner in (Any, object):
        for table in _tables_in(answer):
            for column in table.columns:
                if "ref" in column.info:
                    yield Slot(column.name, UUID, False, keyword, column.info["ref"][0])


def _tables_in(hint: Any) -> Iterator[Any]:
    if inspect.isclass(hint) and issubclass(hint, Base):
        yield hint.__table__
    for part in typing.get_args(hint):
        yield from _tables_in(part)


def carries_ids(hint: Any) -> bool:
    if hint is UUID:
        return True
    if inspect.isclass(hint) and is_dataclass(hint):
        return any(carries_ids(part) for part in typing.get_type_hints(hint).values())
    return any(carries_ids(part) for part in typing.get_args(hint))


def noun_of(name: str, model: Any = None) -> str:
    """The table whose ids a parameter of this name holds."""
    if name == "row_id" and model is not None:
        return str(model.__tablename__)
    if name in NOUNS:
        return NOUNS[name]
    base = name.removesuffix("_ids").removesuffix("_id")
    for plural in (f"{base}s", f"{base[:-1]}ies", f"{base}es", base, "people"):
        if plural in Base.metadata.tables:
            if plural == "people" and base not in ("person", "people"):
                raise NoIdea(name)
            return plural
    raise NoIdea(name)


@dataclass
class Maker:
    """Makes values; `load` gives the organisation's own row where a row is asked for."""

    ident: Ident
    load: Callable[[type[Any]], Any]
    model: Any = None
    query: Any = None

    def value(self, name: str, hint: Any) -> Any:
        if (known := self._column(name, hint)) is not None:
            return known
        if hint in PLAIN:
            return PLAIN[hint]
        if hint is str:
            return WORDS.get(name, "probe")
        if hint is UUID:
            return self.ident(noun_of(name, self.model))
        if isinstance(hint, typing.TypeVar):
            return self.value(name, self.model)
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._first(name, [part for part in parts if part is not types.NoneType])
        if origin is typing.Literal:
            return parts[0]
        if hint is Select or origin is Select:
            return self.query
        if origin is ColumnElement:
            return true()
        if origin is not None:
            return self._collection(name, origin, parts)
        return self._of_class(name, hint)

    def _column(self, name: str, hint: Any) -> Any:
        """What our own row of the noun holds under this name."""
        if hint is UUID or self.model is None or name not in self.model.__table__.columns:
            return None
        return getattr(self.load(self.model), name)

    def _first(self, name: str, parts: list[Any]) -> Any:
        for part in sorted(parts, key=lambda part: not carries_ids(part)):
            try:
                return self.value(name, part)
            except NoIdea:
                continue
        raise NoIdea(name)

    def _collection(self, name: str, origin: Any, parts: Any) -> Any:
        if issubclass(origin, Mapping):
            if parts[0] is UUID or carries_ids(parts[1]):
                return {self.value(name, parts[0]): self.value(name, parts[1])}
            return {}
        if origin is tuple and parts[-1] is not Ellipsis:
            return tuple(self.value(name, part) for part in parts)
        kind = {list: list, set: set, frozenset: frozenset}.get(origin, tuple)
        return kind([self.value(name, parts[0])])

    def _of_class(self, name: str, kind: Any) -> Any:
        if not inspect.isclass(kind):
            raise NoIdea(name)
        if issubclass(kind, enum.Enum):
            return next(iter(kind))
        if kind is TenantRow or issubclass(kind, TenantRow):
            return self.load(self.model if kind is TenantRow else kind)
        hints = typing.get_type_hints(kind)
        if is_dataclass(kind):
            return kind(
                **{
                    field.name: self.value(field.name, hints[field.name])
                    for field in fields(kind)
                    if (field.default is MISSING and field.default_factory is MISSING)
                    or carries_ids(hints[field.name])
                }
            )
        if issubclass(kind, BaseModel):
            return kind(
                **{
                    field: self.value(field, hints[field])
                    for field, info in kind.model_fields.items()
                    if info.is_required()
                }
            )
        if issubclass(kind, dict):
            return {}
        raise NoIdea(name)


def tables() -> list[str]:
    return [str(model.__tablename__) for model in schema.tenant_models()]
