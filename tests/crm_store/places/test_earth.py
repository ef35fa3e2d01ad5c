from math import cos, degrees, isclose, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.places.earth import RADIUS_KM, Box, NotOnEarth, Point

ATHENS, JERUSALEM = Point(37.9838, 23.7275), Point(31.7683, 35.2137)


def test_athens_is_as_far_from_jerusalem_as_it_is():
    assert ATHENS.km_to(JERUSALEM) == pytest.approx(1255, abs=3)
    assert JERUSALEM.km_to(ATHENS) == pytest.approx(ATHENS.km_to(JERUSALEM))
    assert ATHENS.km_to(ATHENS) == 0


def test_the_other_side_of_the_earth_is_half_way_round():
    assert Point(0, 0).km_to(Point(0, 180)) == pytest.approx(3.14159265 * RADIUS_KM)


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (-90.01, 0), (0, 181), (0, -180.5)])
def test_a_point_is_on_earth(latitude, longitude):
    with pytest.raises(NotOnEarth):
        Point(latitude, longitude)


def test_a_box_across_the_date_line_goes_eastwards():
    box = Box.around(Point(0, 179.9), 50)
    assert box.west > box.east
    assert isclose(box.west, 179.45, abs_tol=0.01)


def test_a_box_at_the_pole_goes_all_the_way_round():
    box = Box.around(Point(89.9, 40), 50)
    assert (box.north, box.west, box.east) == (90.0, -180.0, 180.0)


points = st.builds(Point, st.floats(-89.9, 89.9), st.floats(-180, 180))


@settings(max_examples=50, deadline=None)
@given(points, st.floats(0.1, 500), st.floats(0, 1), st.floats(0, 360))
def test_everything_within_reach_is_in_the_box(centre, km, share, turn):
    away = degrees(km * share / RADIUS_KM)
    latitude = centre.latitude + away * cos(radians(turn))
    longitude = centre.longitude + away * cos(radians(turn - 90))
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return
    there = Point(latitude, longitude)
    box = Box.around(centre, km)
    if centre.km_to(there) <= km:
        assert box.south <= latitude <= box.north
        in_width = box.west <= longitude <= box.east
        across = box.west > box.east and (longitude >= box.west or longitude <= box.east)
        assert in_width or across
