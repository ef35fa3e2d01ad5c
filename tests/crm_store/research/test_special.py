"""What is never recorded of anybody, and what still may be."""

import pytest

from crm_store.research.special import Category, special_category


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("She was diagnosed with leukaemia in 2019.", Category.HEALTH),
        ("He has lived with type two diabetes.", Category.HEALTH),
        ("He has diabetes.", Category.HEALTH),
        ("Battling breast cancer, she stepped down.", Category.HEALTH),
        ("Ο ίδιος πάσχει από καρδιακή νόσο.", Category.HEALTH),
        ("היא בהריון", Category.HEALTH),
        ("She is a devout Catholic.", Category.BELIEF),
        ("He   is\nJewish.", Category.BELIEF),
        ("Η Ελένη είναι χριστιανή ορθόδοξη", Category.BELIEF),
        ("הוא יהודי דתי", Category.BELIEF),
        ("A registered Republican since 1990", Category.POLITICS),
        ("Ψήφισε υπέρ", Category.POLITICS),
        ("Of Armenian descent", Category.ORIGIN),
        ("Member of the dockers union", Category.UNION),
        ("He came out as gay", Category.ORIENTATION),
        ("Her DNA was sequenced", Category.BODY),
        ("He was convicted of fraud", Category.CRIME),
        ("Καταδικάστηκε το 2011", Category.CRIME),
        ("הוא הורשע בהונאה", Category.CRIME),
    ],
)
def test_special_categories_are_recognised_in_three_languages(text, category):
    assert special_category(text) is category


@pytest.mark.parametrize(
    "text",
    [
        "Founded the Haifa Cancer Research Fund in 2004.",
        "Chairs the board of the Jewish Museum of Greece.",
        "Chief executive of Aegean Health Systems.",
        "Gave 50,000 to the Orthodox Academy of Crete.",
        "Sold her shares in Union Cement for 3 million.",
        "Retired from the European Parliament's staff.",
        "Δώρισε κτίριο στο Πανεπιστήμιο Πατρών.",
        "תרם למוזיאון",
        "",
    ],
)
def test_what_somebody_did_and_gave_may_be_recorded(text):
    assert special_category(text) is None
