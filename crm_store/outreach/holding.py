"""Nothing leaves while the installation holds its tongue: after a restore, or by its settings."""

from __future__ import annotations

from typing import Any, LiteralString

from sqlalchemy import ColumnElement, func

SETTING: LiteralString = "almoner.sending"


def may_leave() -> ColumnElement[bool]:
    """A condition on whatever is about to be claimed for sending."""
    setting: Any = func.coalesce(func.current_setting(SETTING, True), "on")
    held: ColumnElement[bool] = setting != "off"
    return held
