import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.places.earth import Point
from crm_store.places.shapes import NotAnArea, read_shape

SQUARE = [[23.0, 37.0], [24.0, 37.0], [24.0, 38.0], [23.0, 38.0], [23.0, 37.0]]
HOLE = [[23.4, 37.4], [23.6, 37.4], [23.6, 37.6], [23.4, 37.6]]
RING = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}
AWAY = [[25.0, 35.0], [26.0, 35.0], [25.5, 36.0]]


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside"),
    [(37.2, 23.2, True), (37.5, 23.5, False), (38.5, 23.5, False), (37.5, 24.5, False)],
)
def test_a_point_is_in_a_polygon_and_not_in_its_hole(latitude, longitude, inside):
    assert read_shape(RING).contains(Point(latitude, longitude)) is inside


def test_a_polygon_that_is_not_closed_is_closed():
    opened = read_shape({"type": "Polygon", "coordinates": [SQUARE[:-1]]})
    assert opened.contains(Point(37.5, 23.5))


def test_several_polygons_are_one_area():
    both = read_shape({"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [AWAY]]})
    assert both.contains(Point(35.2, 25.5))
    assert both.contains(Point(37.1, 23.1))
    assert not both.contains(Point(37.5, 23.5))
    assert (both.box.south, both.box.north, both.box.west, both.box.east) == (35, 38, 23, 26)


def test_a_circle_reaches_as_far_as_its_radius():
    circle = read_shape({"type": "Circle", "center": [23.7275, 37.9838], "radius": 10_000})
    assert circle.contains(Point(38.07, 23.7275))
    assert not circle.contains(Point(38.08, 23.7275))


def test_what_other_systems_wrote_is_understood():
    wrapped = {"type": "Circle", "coordinates": {"center": [23.7, 37.9], "radius": 500}}
    assert read_shape(wrapped).contains(Point(37.9, 23.7))
    assert read_shape({"type": "Polygon", "coordinates": SQUARE}).contains(Point(37.5, 23.5))


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        {"type": "Blob"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[23, 37], [24, 37]]]},
        {"type": "Polygon", "coordinates": [[[23, 37], [24, 37], [25, 37]]]},
        {"type": "Polygon", "coordinates": [[[230, 37], [24, 37], [24, 38]]]},
        {"type": "MultiPolygon", "coordinates": [[[[23, 37], [23, 37], [23, 37]]]]},
        {"type": "Circle", "center": [23, 37], "radius": 0},
        {"type": "Circle", "center": [23, 97], "radius": 10},
    ],
)
def test_what_is_no_area_is_refused(odd):
    with pytest.raises(NotAnArea):
        read_shape(odd)


def test_the_smaller_of_two_areas_is_told():
    small = read_shape({"type": "Circle", "center": [23.5, 37.5], "radius": 1000})
    assert small.size < read_shape(RING).size < read_shape({**RING, "coordinates": [SQUARE]}).size


@settings(max_examples=50, deadline=None)
@given(st.floats(36, 39), st.floats(22, 25))
def test_what_an_area_holds_its_box_holds(latitude, longitude):
    shape = read_shape(RING)
    if shape.contains(Point(latitude, longitude)):
        assert shape.box.south <= latitude <= shape.box.north
        assert shape.box.west <= longitude <= shape.box.east
