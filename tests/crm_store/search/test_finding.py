"""What people type, whom it finds first, and the reason they are given."""

from __future__ import annotations

import pytest

from crm_store.search.models import Findable

CASES = [
    # as it is written
    ("Robert Smith", "Robert Smith", "same name"),
    ("robert smith", "Robert Smith", "same name"),
    ("  ROBERT   SMITH ", "Robert Smith", "same name"),
    ("Smith", "Robert Smith", "same name"),
    ("Smith, Robert", "Robert Smith", "same name"),
    ("Mr Robert Smith", "Robert Smith", "same name"),
    ("Dimitriou Alexandros", "Alexandros Dimitriou", "same name"),
    # nicknames
    ("Bob Smith", "Robert Smith", "nickname of Robert"),
    ("Bobby Smith", "Robert Smith", "nickname of Robert"),
    ("Smith Rob", "Robert Smith", "nickname of Robert"),
    ("Konstantinos Georgiou", "Kostas Georgiou", "goes by Kostas"),
    ("Yannis Papadopoulos", "Γιάννης Παπαδόπουλος", "written Παπαδόπουλος"),
    ("John Papadopoulos", "Γιάννης Παπαδόπουλος", "form of Γιάννης"),
    ("Moshe Cohen", "משה כהן", "form of משה"),
    ("Moses Cohen", "משה כהן", "sounds like כהן"),
    ("Liz Barrett", "Elizabeth Barrett", "nickname of Elizabeth"),
    ("Bill Thatcher", "William Thatcher", "nickname of William"),
    ("Chip Thatcher", "William Thatcher", "same name"),
    ("Kathy Wright", "Catherine Wright", "nickname of Catherine"),
    ("Isaac Rosenberg", "Yitzhak Rosenberg", "goes by Yitzhak"),
    # misspelt
    ("Robert Smyth", "Robert Smith", "one letter off Smith"),
    ("Robrt Smith", "Robert Smith", "one letter off Robert"),
    ("Rachel Goldstien", "Rachel Goldstein", "one letter off Goldstein"),
    ("goldsten", "Rachel Goldstein", "one letter off Goldstein"),
    ("Dimitiru Alexandros", "Alexandros Dimitriou", "sounds like Dimitriou"),
    ("Nikos Marcou", "Nikos Markou", "one letter off Markou"),
    ("Stefanie Phillips", "Stephanie Phillips", "sounds like Stephanie"),
    ("Filips Stephanie", "Stephanie Phillips", "sounds like Phillips"),
    ("Dimitris Ioanou", "Dimitris Ioannou", "one letter off Ioannou"),
    ("Catharine Write", "Catherine Wright", "sounds like Wright"),
    ("Xaver Quintero", "Xavier Quintero", "one letter off Xavier"),
    # accents and other letters
    ("jose nunez", "José Núñez", "same name"),
    ("JOSÉ NUÑEZ", "José Núñez", "same name"),
    ("zoe muller ludenscheidt", "Zoë Müller-Lüdenscheidt", "same name"),
    ("mullerludenscheidt", "Zoë Müller-Lüdenscheidt", "same name"),
    ("OBrien", "Siobhán O'Brien", "same name"),
    ("o’brien siobhan", "Siobhán O'Brien", "same name"),
    ("jean pierre dubois", "Jean-Pierre Dubois", "same name"),
    ("Jeanpierre Dubois", "Jean-Pierre Dubois", "same name"),
    ("Lukasz Walesa", "Łukasz Wałęsa", "same name"),
    ("soren kierkegard", "Søren Kierkegaard", "one letter off Kierkegaard"),
    ("Bjorn Ahlgren", "Björn 🌻 Ahlgren", "same name"),
    ("🌻", "Björn 🌻 Ahlgren", "same name"),
    ("maria van den berg", "Maria van den Berg", "same name"),
    # Greek
    ("Γιάννης Παπαδόπουλος", "Γιάννης Παπαδόπουλος", "same name"),
    ("γιαννης παπαδοπουλος", "Γιάννης Παπαδόπουλος", "same name"),
    ("ΓΙΑΝΝΗΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "Γιάννης Παπαδόπουλος", "same name"),
    ("Giannis Papadopoulos", "Γιάννης Παπαδόπουλος", "written Παπαδόπουλος"),
    ("papadopoulou eleni", "Ελένη Παπαδοπούλου", "written Ελένη"),
    ("Eirini Antoniou", "Ειρήνη Αντωνίου", "written Αντωνίου"),
    ("Irene Antoniou", "Ειρήνη Αντωνίου", "form of Ειρήνη"),
    ("Δημήτρης Ιωάννου", "Dimitris Ioannou", "written Dimitris"),
    # Hebrew
    ("משה כהן", "משה כהן", "same name"),
    ("כהן משה", "משה כהן", "same name"),
    ("David Levi", "דוד לוי", "sounds like דוד"),
    ("Dudi Levy", "דוד לוי", "form of דוד"),
    ("מרים אזולאי", "Miriam Azoulay", "sounds like Azoulay"),
    ("יצחק רוזנברג", "Yitzhak Rosenberg", "sounds like Yitzhak"),
    ("Sarah Rosenberg", "שרה רוזנברג", "sounds like רוזנברג"),
    # beginnings and initials
    ("Golds", "Rachel Goldstein", "begins with “golds”"),
    ("quint", "Xavier Quintero", "begins with “quint”"),
    ("παπαδοπουλ ελ", "Ελένη Παπαδοπούλου", "begins with “ελ”"),
    ("R Smith", "Robert Smith", "initial R"),
    ("smith r.", "Robert Smith", "initial R"),
    ("G Papadopoulos", "Γιάννης Παπαδόπουλος", "initial G"),
    # couples and places
    ("Ruth and David Cohen", "Ruth and David Cohen", "same name"),
    ("David & Ruth Cohen", "Ruth and David Cohen", "same name"),
    ("Cohen ruth david", "Ruth and David Cohen", "same name"),
    ("Cohen Athens", "Ruth and David Cohen", "in Athens"),
    ("Cohen Αθήνα", "Ruth and David Cohen", "in Athens"),
    ("Ruth Cohen Haifa", "Ruth Cohen", "in Haifa"),
    ("Niarchos Thessaloniki", "Stavros Niarchos", "in Θεσσαλονίκη"),
    # addresses and numbers
    ("alex.dimitriou@delphi.example", "Alexandros Dimitriou", "same e-mail"),
    ("ALEX.Dimitriou@Delphi.example", "Alexandros Dimitriou", "same e-mail"),
    ("alex.dimitriou@", "Alexandros Dimitriou", "e-mail begins with alex.dimitriou@"),
    ("@delphi.example", "Alexandros Dimitriou", "e-mail at delphi.example"),
    ("4417", "Miriam Azoulay", "phone ends 4417"),
    ("+972521234417", "Miriam Azoulay", "same phone number"),
    ("052-123-4417", "Miriam Azoulay", "phone ends 521234417"),
    ("00972 52 1234417", "Miriam Azoulay", "same phone number"),
    ("+972 52", "Miriam Azoulay", "phone begins +97252"),
    ("phone ends 0123", "Nikos Markou", "phone ends 0123"),
    ("Markou 0123", "Nikos Markou", "phone ends 0123"),
    ("D-10023", "Ruth Cohen", "number D10023"),
    # companies, leads, tickets, gifts
    ("acme", "Acme Foundation", "same name"),
    ("Acme Fundation", "Acme Foundation", "one letter off Foundation"),
    ("@acme.example", "Acme Foundation", "e-mail at acme.example"),
    ("aegean foods", "Aegean Foods S.A.", "same name"),
    ("Eleni Markou", "Eleni Markou", "same name"),
    ("cycladic", "Eleni Markou", "same name"),
    ("broken link", "Broken link on the donation page", "same name"),
    ("receipt arrive", "My receipt did not arrive", "same name"),
    ("TX-50000", "Gift from Ruth and David Cohen", "reference TX-50000"),
    ("tx-20", "Gift from Ruth Cohen", "reference TX-20"),
]


@pytest.mark.parametrize(("typed", "label", "why"), CASES, ids=[case[0] for case in CASES])
async def test_what_was_typed_finds_who_was_meant_and_says_why(world, typed, label, why):
    async with world.house.begin(read_only=True) as crm:
        result = await crm.search.find(typed)
    assert result.hits, result
    best = result.hits[0]
    assert best.label == label
    assert any(why in reason for reason in best.why), best.why


async def test_a_ticket_is_found_by_its_number(world):
    number = world.made["link"].number
    async with world.house.begin() as crm:
        for typed in (f"#{number}", f"ticket {number}", f"Ticket #{number}"):
            hit = (await crm.search.find(typed, [Findable.TICKET])).hits[0]
            assert hit.id == world.made["link"].id
            assert hit.why == (f"ticket #{number}",)
            assert hit.note == f"#{number} · open"
