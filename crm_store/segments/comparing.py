"""Comparisons of named facts, compiled."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from crm_store.contacts.models import Address, Company, Employment
from crm_store.contacts.names import name_key
from crm_store.donors.models import Donor
from crm_store.gifts.models import DonorGiving
from crm_store.segments import fields, language, when
from crm_store.segments.compiling import Compiler, Ids, Plain, leaf
from crm_store.segments.fields import Field, Kind, Operator
from crm_store.segments.models import Subject
from crm_store.segments.resolving import Setting
from crm_store.segments.values import Value

FINAL_SIGMA, SIGMA = "ς", "σ"
OVER_CURRENCIES: dict[str, Any] = {
    "gift_count": func.sum,
    "first_gift": func.min,
    "last_gift": func.max,
}


@leaf(language.Compare)
def compare(compiler: Compiler, node: language.Compare, subject: Subject, row: Any) -> Ids | Plain:
    whose, field = fields.home(node.field, subject)
    test = Comparison(compiler, field, node.operator, node.value)
    if field.name in fields.LIFETIME:
        return _lifetime(compiler, test, node.currency)
    if field.name in fields.OF_EMPLOYMENT:
        return Ids(Subject.PEOPLE, _employed(compiler, test))
    if field.name in fields.OF_ADDRESS and (whose is Subject.PEOPLE or field.name != "city"):
        return Ids(whose, _addressed(compiler, test, whose))
    if whose is subject:
        return Plain(test.of(_column(row, field, whose)))
    other, query = compiler.rows(whose)
    return Ids(whose, query.where(test.of(_column(other, field, whose))))


class Comparison:
    """One comparison, to be made of whichever column holds the fact."""

    def __init__(self, compiler: Compiler, field: Field, operator: Operator, value: Value) -> None:
        self.setting = compiler.setting
        self.field = field
        self.operator = operator
        self.value = _resolved(compiler, field, value)

    def of(self, column: Any) -> ColumnElement[bool]:
        kind = self.field.kind
        if self.operator is Operator.IS_SET:
            filled: ColumnElement[bool] = column.is_not(None)
            return and_(filled, column != "") if kind in (Kind.TEXT, Kind.PLACE) else filled
        if kind is Kind.TEXT:
            return _text(_lowered(column), self.operator, _each(self.value, _lower))
        if kind is Kind.PLACE:
            return _text(column, self.operator, _each(self.value, name_key))
        if kind is Kind.TIME:
            return _moment(column, self.operator, self.value, self.setting)
        if kind is Kind.DATE:
            return _day(column, self.operator, self.value, self.setting)
        return _plain(column, self.operator, self.value)

    def holds_for(self, number: int) -> bool:
        """Whether it would be true of a number, as of no gifts at all."""
        value: Any = self.value
        match self.operator:
            case Operator.IS:
                return bool(number == value)
            case Operator.AT_LEAST:
                return bool(number >= value)
            case Operator.AT_MOST:
                return bool(number <= value)
            case Operator.MORE_THAN:
                return bool(number > value)
            case Operator.LESS_THAN:
                return bool(number < value)
            case Operator.BETWEEN:
                return bool(value[0] <= number <= value[1])
        return False


def _column(row: Any, field: Field, whose: Subject) -> Any:
    if field.name == "city":
        return row.city_key
    if field.name == "birth_month":
        return row.birthday_key // 100
    return getattr(row, field.column or field.name)


def _resolved(compiler: Compiler, field: Field, value: Value) -> Any:
    """Names of officers, workspaces and stages as what the columns hold; others as they are."""
    if value is None or field.kind not in (Kind.OFFICER, Kind.WORKSPACE, Kind.STAGE):
        return value
    names = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    if field.kind is Kind.STAGE:
        return tuple(compiler.known.stages[name] for name in names)
    return tuple(compiler.known.ids_of(field.kind.value, names))


def _plain(column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool]
    match operator:
        case Operator.IS | Operator.IN:
            found = column.in_(value) if isinstance(value, tuple) else column == value
        case Operator.AT_LEAST:
            found = column >= value
        case Operator.AT_MOST:
            found = column <= value
        case Operator.MORE_THAN:
            found = column > value
        case Operator.LESS_THAN:
            found = column < value
        case _:
            found = and_(column >= value[0], column <= value[1])
    return found


def _text(column: Any, operator: Operator, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool]
    match operator:
        case Operator.CONTAINS:
            found = column.contains(value, autoescape=True)
        case Operator.BEGINS_WITH:
            found = column.startswith(value, autoescape=True)
        case _:
            found = _plain(column, operator, value)
    return found


def _lowered(column: Any) -> Any:
    return func.translate(func.lower(column), FINAL_SIGMA, SIGMA)


def _lower(text: str) -> str:
    """As the database does it, letter by letter; both sigmas are one."""
    return text.lower().replace(FINAL_SIGMA, SIGMA)


def _day(column: Any, operator: Operator, value: Any, setting: Setting) -> ColumnElement[bool]:
    span = days_meant(operator, value, setting)
    limits = []
    if span.first is not None:
        limits.append(column >= span.first)
    if span.last is not None:
        limits.append(column <= span.last)
    return and_(column.is_not(None), *limits)


def _moment(column: Any, operator: Operator, value: Any, setting: Setting) -> ColumnElement[bool]:
    return and_(
        column.is_not(None),
        *moments(column, days_meant(operator, value, setting), setting.timezone),
    )


def moments(column: Any, span: when.Between, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """The limits of whole days, where the organisation is, on a moment."""
    limits: list[ColumnElement[bool]] = []
    if span.first is not None:
        limits.append(column >= _midnight(span.first, zone))
    if span.last is not None:
        limits.append(column < _midnight(span.last + timedelta(days=1), zone))
    return limits


def days_meant(operator: Operator, value: Any, setting: Setting) -> when.Between:
    """The days a comparison of dates leaves: before, after, on, between or within."""
    match operator:
        case Operator.BEFORE:
            return when.Between(last=value - timedelta(days=1))
        case Operator.AFTER:
            return when.Between(first=value + timedelta(days=1))
        case Operator.BETWEEN:
            return when.Between(*value)
        case Operator.WITHIN:
            return when.between(value, setting.today, setting.fiscal_year_starts)
        case _:
            return when.Between(value, value)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _each(value: Any, change: Any) -> Any:
    return tuple(change(one) for one in value) if isinstance(value, tuple) else change(value)


def _lifetime(compiler: Compiler, test: Comparison, currency: str | None) -> Ids:
    """Donors by what they gave in all; who gave nothing has a total and a count of nought."""
    org = DonorGiving.org_id == compiler.setting.org_id
    query = select(DonorGiving.donor_id).where(org)
    name = test.field.name
    if test.operator is Operator.IS_SET:
        return Ids(Subject.DONORS, query)
    if test.field.kind is Kind.MONEY:
        query = query.where(DonorGiving.currency == (currency or compiler.setting.currency))
        value: Any = getattr(DonorGiving, test.field.column)
        fitting, unfit = query.where(test.of(value)), query.where(~test.of(value))
    else:
        value = OVER_CURRENCIES[name](getattr(DonorGiving, test.field.column))
        query = query.group_by(DonorGiving.donor_id)
        fitting, unfit = query.having(test.of(value)), query.having(~test.of(value))
    if name in ("gift_count", "total_given") and test.holds_for(0):
        return Ids(Subject.DONORS, unfit, all_but=True)
    return Ids(Subject.DONORS, fitting)


def _addressed(compiler: Compiler, test: Comparison, whose: Subject) -> Select[Any]:
    column = Address.city_key if test.field.name == "city" else getattr(Address, test.field.name)
    here = Address.org_id == compiler.setting.org_id
    if whose is Subject.PEOPLE:
        return select(Address.person_id).where(
            here, Address.person_id.is_not(None), Address.is_primary, test.of(column)
        )
    return (
        select(Donor.id)
        .join(Address, and_(Address.org_id == Donor.org_id, Address.id == Donor.address_id))
        .where(here, test.of(column))
    )


def _employed(compiler: Compiler, test: Comparison) -> Select[Any]:
    query = select(Employment.person_id).where(
        Employment.org_id == compiler.setting.org_id,
        or_(Employment.ended_on.is_(None), Employment.ended_on >= compiler.setting.today),
    )
    if test.field.name == "job_title":
        return query.where(test.of(Employment.title))
    company = and_(Company.org_id == Employment.org_id, Company.id == Employment.company_id)
    return query.join(Company, company).where(Company.deleted_at.is_(None), test.of(Company.name))
