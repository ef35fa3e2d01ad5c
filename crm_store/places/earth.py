"""Distances on the globe, and the box around a circle on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, degrees, pi, radians, sin, sqrt
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from crm_store.errors import Invalid

RADIUS_KM = 6371.0088


class NotOnEarth(Invalid):
    """A latitude is from -90 to 90, a longitude from -180 to 180."""


@dataclass(frozen=True, slots=True)
class Point:
    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise NotOnEarth

    def km_to(self, other: Point) -> float:
        """Along the great circle."""
        north, east = other.latitude - self.latitude, other.longitude - self.longitude
        chord = (
            sin(radians(north) / 2) ** 2
            + cos(radians(self.latitude))
            * cos(radians(other.latitude))
            * sin(radians(east) / 2) ** 2
        )
        return 2 * RADIUS_KM * asin(sqrt(min(1.0, chord)))


@dataclass(frozen=True, slots=True)
class Box:
    """From south to north and from west eastwards to east, which may lie across the date line."""

    south: float
    north: float
    west: float
    east: float

    @classmethod
    def around(cls, centre: Point, km: float) -> Box:
        """The smallest box that holds everything within so many kilometres."""
        angle = km / RADIUS_KM
        south, north = (centre.latitude + sign * degrees(angle) for sign in (-1, 1))
        if south <= -90 or north >= 90 or angle >= pi / 2:
            return cls(max(south, -90.0), min(north, 90.0), -180.0, 180.0)
        aside = degrees(asin(min(1.0, sin(angle) / cos(radians(centre.latitude)))))
        return cls(
            south, north, _turned(centre.longitude - aside), _turned(centre.longitude + aside)
        )

    def holds(self, latitude: Any, longitude: Any) -> ColumnElement[bool]:
        """As an index on the two columns finds it."""
        eastwards = (
            longitude.between(self.west, self.east)
            if self.west <= self.east
            else or_(longitude >= self.west, longitude <= self.east)
        )
        return and_(latitude.between(self.south, self.north), eastwards)


def km_between(centre: Point, latitude: Any, longitude: Any) -> ColumnElement[float]:
    """The same distance, worked out by the database."""
    north = func.radians(latitude - centre.latitude) / 2
    east = func.radians(longitude - centre.longitude) / 2
    chord = func.power(func.sin(north), 2) + cos(radians(centre.latitude)) * func.cos(
        func.radians(latitude)
    ) * func.power(func.sin(east), 2)
    found: ColumnElement[float] = 2 * RADIUS_KM * func.asin(func.sqrt(func.least(1.0, chord)))
    return found


def _turned(longitude: float) -> float:
    """The same meridian between -180 and 180."""
    return (longitude + 540) % 360 - 180
