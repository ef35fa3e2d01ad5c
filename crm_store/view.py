"""What may leave the store, and the marks on what only some may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import object_session

from crm_store.actor import Actor


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A field shown only to those with this scope, as in Annotated[Decimal | None, AMOUNTS]."""

    scope: str


AMOUNTS = Sensitive("amounts:read")
RESEARCH = Sensitive("research:read")
PERSONAL = Sensitive("personal:read")


class View(BaseModel):
    """A frozen picture of a record. Fields the asker may not read are empty and named in hidden."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    hidden: tuple[str, ...] = ()
    _sensitive: ClassVar[dict[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._sensitive = {
            name: mark.scope
            for name, info in cls.model_fields.items()
            for mark in info.metadata
            if isinstance(mark, Sensitive)
        }

    @classmethod
    def of(cls, row: Any, /, **more: Any) -> Self:
        """The row's own columns by name, `more` for what is looked up elsewhere."""
        return cls.seen_by(actor_of(row), **{**_columns(cls, row), **more})

    @classmethod
    def seen_by(cls, actor: Actor | None, /, **values: Any) -> Self:
        """The same, for figures that no single row holds."""
        secret = {
            name
            for name, scope in cls._sensitive.items()
            if values.get(name) is not None and not (actor and actor.may(scope))
        }
        shown = {name: None if name in secret else value for name, value in values.items()}
        return cls(**shown, hidden=tuple(sorted(secret)))


def actor_of(row: Any) -> Actor | None:
    """Whoever's transaction the row was read in; nobody once it is detached."""
    session = object_session(row)
    return session.info.get("actor") if session is not None else None


def _columns(view: type[View], row: Any) -> dict[str, Any]:
    return {
        name: getattr(row, name)
        for name in view.model_fields
        if name != "hidden"
        and name in row.__mapper__.all_orm_descriptors
        and name not in row.__mapper__.relationships
    }
