"""What can go wrong, in sentences the person may read."""

from inspect import getdoc


class CrmError(Exception):
    """Something about this request could not be done."""

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or getdoc(type(self)) or "")


class NotFound(CrmError):
    """There is no such record."""


class NotVisible(NotFound):
    """It exists, but it is not visible to you."""


class Refused(CrmError):
    """You may not do this."""


class Conflict(CrmError):
    """This clashes with what is already recorded."""


class Invalid(CrmError):
    """What was given does not make sense here."""


class Ambiguous(CrmError):
    """More than one record matches; say which one is meant."""

    def __init__(self, sentence: str | None = None, choices: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.choices = choices
