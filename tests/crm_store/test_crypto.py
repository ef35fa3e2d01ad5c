"""A secret opens in its own place, with its own key, unaltered; and nowhere else."""

import base64
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_store.base import new_id
from crm_store.crypto import Keyring, Place, Unreadable, secret_at
from crm_store.errors import CrmError

HERE = Place(new_id(), "mailboxes", new_id(), "refresh_token")


@pytest.fixture
def ring():
    return Keyring.fresh()


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_what_was_sealed_opens(plain):
    ring = Keyring.fresh()
    assert ring.open(ring.seal(plain, HERE), HERE) == plain


def test_a_megabyte_opens(ring):
    plain = "ключ🔑" * 100_000
    assert ring.open(ring.seal(plain, HERE), HERE) == plain


def test_the_same_secret_never_looks_the_same(ring):
    assert ring.seal("secret", HERE) != ring.seal("secret", HERE)
    assert b"secret" not in ring.seal("secret", HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place(new_id(), HERE.table, HERE.row_id, HERE.column),
        Place(None, HERE.table, HERE.row_id, HERE.column),
        Place(HERE.org_id, "widgets", HERE.row_id, HERE.column),
        Place(HERE.org_id, HERE.table, new_id(), HERE.column),
        Place(HERE.org_id, HERE.table, HERE.row_id, "access_token"),
    ],
    ids=["organisation", "person", "table", "row", "column"],
)
def test_a_secret_moved_elsewhere_does_not_open(ring, elsewhere):
    sealed = ring.seal("secret", HERE)
    with pytest.raises(Unreadable):
        ring.open(sealed, elsewhere)
    with pytest.raises(Unreadable):
        ring.rewrap(sealed, elsewhere)


def test_every_altered_byte_is_noticed(ring):
    sealed = ring.seal("secret", HERE)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Unreadable):
            ring.open(bytes(altered), HERE)


def test_every_shortened_or_lengthened_secret_is_noticed(ring):
    sealed = ring.seal("secret", HERE)
    for wrong in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(Unreadable):
            ring.open(wrong, HERE)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_unreadable_and_nothing_worse(noise):
    with pytest.raises(Unreadable):
        Keyring.fresh().open(noise, HERE)


def test_the_body_of_one_secret_does_not_fit_the_key_of_another(ring):
    one, two = ring.seal("secret", HERE), ring.seal("public", HERE)
    head = 2 + len(ring.active) + 12 + 48
    with pytest.raises(Unreadable):
        ring.open(one[:head] + two[head:], HERE)


def test_another_key_of_the_same_name_does_not_open(ring):
    with pytest.raises(Unreadable):
        Keyring.fresh(ring.active).open(ring.seal("secret", HERE), HERE)


def test_a_key_that_is_missing_is_named(ring):
    with pytest.raises(Unreadable, match="'k1' is not in the keyring"):
        Keyring.fresh("k2").open(ring.seal("secret", HERE), HERE)


def test_a_new_key_seals_and_the_old_still_opens(ring):
    old = ring.seal("secret", HERE)
    both = ring.with_new("k2")
    new = both.rewrap(old, HERE)
    assert (both.active, both.key_of(old), both.key_of(new)) == ("k2", "k1", "k2")
    assert both.open(old, HERE) == both.open(new, HERE) == "secret"
    assert both.key_of(both.seal("x", HERE)) == "k2"
    only = both.only_active()
    assert only.open(new, HERE) == "secret"
    with pytest.raises(Unreadable):
        only.open(old, HERE)
    with pytest.raises(CrmError, match="already"):
        both.with_new("k1")


def test_rewrapping_leaves_the_body_as_it_was(ring):
    old = ring.seal("secret", HERE)
    new = ring.with_new("k2").rewrap(old, HERE)
    assert new[-34:] == old[-34:]
    assert new[:64] != old[:64]


def test_a_ring_is_written_and_read_again(ring, tmp_path):
    both = ring.with_new("2025-ключ")
    again = Keyring.parse(both.dump())
    assert again.names == both.names == ("2025-ключ", "k1")
    assert again.open(both.seal("secret", HERE), HERE) == "secret"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "k1",
        "k1:",
        "k1:not base64!",
        "k1:" + base64.b64encode(b"short").decode(),
        ":" + base64.b64encode(bytes(32)).decode(),
        "k" * 256 + ":" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_a_ring_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(CrmError):
        Keyring.parse(wrong)


def test_a_keys_file_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "deep" / "secrets" / "keys"
    ring = Keyring.at(path)
    assert Keyring.at(path).open(ring.seal("secret", HERE), HERE) == "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_of_many_who_ask_first_all_get_the_same(tmp_path):
    with ThreadPoolExecutor(16) as threads:
        rings = list(threads.map(lambda _: Keyring.at(tmp_path / "keys").dump(), range(64)))
        secrets = list(threads.map(lambda _: secret_at(tmp_path / "roles"), range(64)))
    assert len(set(rings)) == len(set(secrets)) == 1


def test_from_the_moment_a_new_key_is_written_everybody_seals_with_it(tmp_path):
    path = tmp_path / "keys"
    long_running = Keyring.at(path)
    early = long_running.seal("early", HERE)
    Keyring.at(path).with_new("k2").write(path)
    late = long_running.seal("late", HERE)
    assert (long_running.key_of(early), long_running.key_of(late)) == ("k1", "k2")


def test_a_key_added_by_another_process_is_found_when_it_is_needed(tmp_path):
    path = tmp_path / "keys"
    long_running = Keyring.at(path)
    writer = Keyring.at(path).with_new("k2")
    writer.write(path)
    assert long_running.open(writer.seal("secret", HERE), HERE) == "secret"


def test_a_row_read_before_a_rotation_ended_still_opens(tmp_path):
    path = tmp_path / "keys"
    long_running = Keyring.at(path)
    read_earlier = long_running.seal("secret", HERE)
    Keyring.at(path).with_new("k2").only_active().write(path)
    assert long_running.key_of(long_running.seal("x", HERE)) == "k2"
    assert long_running.open(read_earlier, HERE) == "secret"
    with pytest.raises(Unreadable):
        Keyring.at(path).open(read_earlier, HERE)


def test_a_killed_writer_leaves_a_whole_ring(tmp_path):
    path = tmp_path / "keys"
    before = Keyring.at(path).dump()
    script = (
        "import os, signal, sys; from pathlib import Path; from crm_store.crypto import Keyring\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Keyring.at(Path(sys.argv[1])).with_new('k2').write(Path(sys.argv[1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)], env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    assert ended.returncode == -9
    assert path.read_text() == before
    Keyring.at(path).with_new("k2").write(path)
    assert Keyring.at(path).names == ("k2", "k1")


def test_a_ring_shows_no_key_when_printed(ring):
    assert ring.dump().split(":")[1] not in repr(ring)


async def test_a_secret_on_a_row_opens_in_its_own_organisation(house, neighbour):
    from_row = neighbour.store.keyring
    sealed = from_row.seal("secret", Place(house.org_id, "mailboxes", HERE.row_id, "api_key"))
    with pytest.raises(Unreadable):
        from_row.open(sealed, Place(neighbour.org_id, "mailboxes", HERE.row_id, "api_key"))
