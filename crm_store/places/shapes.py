"""Areas on the map: polygons as GeoJSON writes them (longitude first), and circles in metres."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, pi, radians
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import ColumnElement, and_, cast, func, not_, or_
from sqlalchemy.types import UserDefinedType

from crm_store.errors import Invalid
from crm_store.places.earth import Box, Point, km_between

KM_PER_DEGREE = 111.195
Position: TypeAlias = tuple[
    Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]
]
Ring: TypeAlias = list[Position]


class NotAnArea(Invalid):
    """This is not an area: it needs a circle, or a ring of at least three corners."""


class Geometric(UserDefinedType[Any]):
    """A geometric type of PostgreSQL's own."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def contains(self, point: Point) -> bool:
        raise NotImplementedError

    def condition(self, latitude: Any, longitude: Any) -> ColumnElement[bool]:
        """The same question, asked of columns."""
        raise NotImplementedError

    @property
    def box(self) -> Box:
        raise NotImplementedError

    @property
    def size(self) -> float:
        """Roughly, in square kilometres: enough to tell the smaller of two."""
        raise NotImplementedError


class Circle(Shape):
    type: Literal["Circle"] = "Circle"
    center: Position
    radius: float = Field(gt=0, le=20_000_000, description="Metres.")

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, value: Any) -> Any:
        """Some write {type, coordinates: {center, radius}}."""
        if isinstance(value, dict) and isinstance(value.get("coordinates"), dict):
            return {"type": "Circle", **value["coordinates"]}
        return value

    @property
    def middle(self) -> Point:
        return Point(self.center[1], self.center[0])

    def contains(self, point: Point) -> bool:
        return self.middle.km_to(point) <= self.radius / 1000

    def condition(self, latitude: Any, longitude: Any) -> ColumnElement[bool]:
        return km_between(self.middle, latitude, longitude) <= self.radius / 1000

    @property
    def box(self) -> Box:
        return Box.around(self.middle, self.radius / 1000)

    @property
    def size(self) -> float:
        return pi * (self.radius / 1000) ** 2


class Polygon(Shape):
    """An outer ring, then the rings of its holes."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: list[Ring] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, value: Any) -> Any:
        """Some write a single ring without the list around it."""
        if isinstance(value, dict):
            ring = value.get("coordinates")
            if isinstance(ring, list) and ring and _is_position(ring[0]):
                return {**value, "coordinates": [ring]}
        return value

    @model_validator(mode="after")
    def _check(self) -> Polygon:
        if any(len(set(ring)) < 3 or not _area(ring) for ring in self.coordinates):
            raise ValueError("a ring needs three corners that are not in a line")
        return self

    def contains(self, point: Point) -> bool:
        outer, *holes = self.coordinates
        return _inside(outer, point) and not any(_inside(hole, point) for hole in holes)

    def condition(self, latitude: Any, longitude: Any) -> ColumnElement[bool]:
        place = func.point(longitude, latitude)
        outer, *holes = [
            _polygon(ring).op("@>", is_comparison=True)(place) for ring in self.coordinates
        ]
        return and_(outer, *(not_(hole) for hole in holes))

    @property
    def box(self) -> Box:
        return _box([self])

    @property
    def size(self) -> float:
        outer, *holes = self.coordinates
        return _area(outer) - sum(_area(hole) for hole in holes)


class MultiPolygon(Shape):
    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: list[list[Ring]] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> MultiPolygon:
        for rings in self.coordinates:
            Polygon(coordinates=rings)
        return self

    @property
    def parts(self) -> Iterator[Polygon]:
        return (Polygon.model_construct(coordinates=rings) for rings in self.coordinates)

    def contains(self, point: Point) -> bool:
        return any(part.contains(point) for part in self.parts)

    def condition(self, latitude: Any, longitude: Any) -> ColumnElement[bool]:
        return or_(*(part.condition(latitude, longitude) for part in self.parts))

    @property
    def box(self) -> Box:
        return _box(list(self.parts))

    @property
    def size(self) -> float:
        return sum(part.size for part in self.parts)


AnyShape: TypeAlias = Annotated[Circle | Polygon | MultiPolygon, Field(discriminator="type")]
SHAPE: TypeAdapter[AnyShape] = TypeAdapter(AnyShape)


def read_shape(stored: Any) -> AnyShape:
    try:
        return SHAPE.validate_python(stored)
    except ValidationError as error:
        raise NotAnArea from error


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) >= 2
        and all(isinstance(part, int | float) for part in value)
    )


def _sides(ring: Ring) -> Iterator[tuple[Position, Position]]:
    return pairwise(ring if ring[0] == ring[-1] else [*ring, ring[0]])


def _inside(ring: Ring, point: Point) -> bool:
    """A line from the point eastwards crosses the ring an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in _sides(ring):
        if (y1 > point.latitude) != (y2 > point.latitude):
            crossing = x1 + (point.latitude - y1) / (y2 - y1) * (x2 - x1)
            inside ^= point.longitude < crossing
    return inside


def _area(ring: Ring) -> float:
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _sides(ring))
    middle = sum(y for _, y in ring) / len(ring)
    return abs(doubled) / 2 * KM_PER_DEGREE**2 * cos(radians(middle))


def _polygon(ring: Ring) -> ColumnElement[Any]:
    corners = ",".join(f"({x!r},{y!r})" for x, y in ring)
    return cast(f"({corners})", Geometric("polygon"))


def _box(parts: Sequence[Polygon]) -> Box:
    corners = [corner for part in parts for corner in part.coordinates[0]]
    longitudes, latitudes = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(latitudes), max(latitudes), min(longitudes), max(longitudes))
