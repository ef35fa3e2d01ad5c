"""Words without accents, in one alphabet, by sound and by nickname."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_store.search.filing import name_terms, pairs, phone_terms, words
from crm_store.search.likeness import keys, likeness, lookups
from crm_store.search.text import fold, latin, nickname_roots, phonetic


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ó Néill", "o neill"),
        ("O'Brien", "obrien"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Παπαδόπουλος", "παπαδοπουλοσ"),
        ("ΠΑΠΑΔΌΠΟΥΛΟΣ", "παπαδοπουλοσ"),
        ("Ἀθηνᾶ", "αθηνα"),
        ("שָׁלוֹם", "שלומ"),
        ("בן־גוריון", "בנ גוריונ"),
        ("צ׳רלי", "צרלי"),
        ("Jean-Pierre", "jean pierre"),
        ("a_b", "a b"),
        ("٣", "٣"),
        ("Ruth🌻Cohen", "ruth 🌻 cohen"),
        ("👩‍👩‍👧", "👩 👩 👧"),
        ("  \t\n", ""),
        ("", ""),
    ],
)
def test_folding_leaves_what_is_compared(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_every_word_is_looked_up_where_it_is_filed(text):
    for word in name_terms(text):
        assert word in keys(word)
        assert lookups(word) & keys(word)
        assert likeness(word, word).quality == 1
        assert not set(word) & set("@#+_ -")


@pytest.mark.parametrize(
    ("text", "became"),
    [
        ("Παπαδόπουλος", "papadopoulos"),
        ("Ευθύμιος", "efthymios"),
        ("Σταύρος", "stavros"),
        ("Μπάμπης", "bampis"),
        ("Ντίνος", "dinos"),
        ("Άγγελος", "angelos"),
        ("כהן", "khn"),
        ("Ruth", "ruth"),
    ],
)
def test_greek_and_hebrew_in_latin_letters(text, became):
    assert latin(text) == became


ALIKE = [
    ("Cohen", "כהן"), ("Cohen", "Kohn"), ("Levy", "לוי"), ("David", "דוד"), ("Avraham", "אברהם"),
    ("Abraham", "אברהם"), ("Yitzhak", "יצחק"), ("Itzhak", "יצחק"), ("Chaim", "חיים"),
    ("Haim", "חיים"), ("Rachel", "רחל"), ("Sarah", "שרה"), ("Zvi", "צבי"), ("Tzvi", "צבי"),
    ("Katz", "כץ"), ("Rosenberg", "רוזנברג"), ("Goldstein", "גולדשטיין"), ("Weiss", "וייס"),
    ("Mizrachi", "מזרחי"), ("Mizrahi", "מזרחי"), ("Joseph", "יוסף"), ("Yosef", "יוסף"),
    ("Netanyahu", "נתניהו"), ("Ohayon", "אוחיון"), ("Friedman", "פרידמן"), ("Ruth", "רות"),
    ("Shapiro", "שפירא"), ("Israel", "ישראל"), ("Papadopoulos", "Παπαδόπουλος"),
    ("Stephanidis", "Στεφανίδης"), ("Smith", "Smyth"), ("Phillips", "Filips"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_of_one_sound_share_a_code(one, other):
    assert phonetic(one) & phonetic(other)
    assert likeness(fold(one), fold(other)).quality >= 0.7


@pytest.mark.parametrize(
    ("one", "other"), [("Cohen", "לוי"), ("Maria", "Stavros"), ("דוד", "משה"), ("Ann", "Bob")]
)
def test_names_that_differ_are_not_alike(one, other):
    assert likeness(fold(one), fold(other)).quality < 0.7


@pytest.mark.parametrize(
    ("nickname", "name"),
    [
        ("Bob", "Robert"), ("Yannis", "Ioannis"), ("Kostas", "Konstantinos"), ("Moshe", "Moses"),
        ("Γιάννης", "John"), ("Κώστας", "Konstantinos"), ("משה", "Moses"), ("דוד", "Dave"),
        ("Ελένη", "Helen"), ("Bill", "William"), ("Peggy", "Margaret"), ("Βάσω", "Vasiliki"),
        ("Itzik", "Isaac"), ("Yossi", "Joseph"), ("Kitty", "Catherine"), ("Τάσος", "Anastasios"),
    ],
)  # fmt: skip
def test_nicknames_lead_to_the_same_name(nickname, name):
    assert nickname_roots(nickname) & nickname_roots(name)


def test_the_table_of_nicknames_is_rich():
    known = {
        root for letter in ("bob", "mike", "γιαννης", "משה") for root in nickname_roots(letter)
    }
    assert {"robert", "michael", "john", "moses"} <= known
    assert nickname_roots("Xqzzy") == frozenset()


def test_connecting_words_do_not_count_unless_there_are_no_others():
    assert words("Ruth and David Cohen") == ["ruth", "david", "cohen"]
    assert words("The And") == ["the", "and"]
    assert pairs(["ruth", "david", "cohen"]) == ["david_ruth", "cohen_ruth", "cohen_david"]
    assert name_terms("Jean-Pierre") == ["jean", "pierre", "jeanpierre"]


def test_a_number_is_filed_by_its_beginning_and_its_end():
    assert list(phone_terms("+302101234567;ext=12")) == ["+302101234567", "-765432101203"]
