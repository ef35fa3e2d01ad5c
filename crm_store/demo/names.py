"""Who lives in the demo: names, places and words, in three alphabets."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class City:
    name: str
    country: str
    postal: str
    latitude: float
    longitude: float
    dialling: str


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that go together, and where people with them tend to live."""

    language: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    beginnings: tuple[str, ...]
    stems: tuple[str, ...]
    endings: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CYPRUS = (
    City("Larnaca", "CY", "6010", 34.9182, 33.6201, "+35724"),
    City("Nicosia", "CY", "1010", 35.1753, 33.3642, "+35722"),
    City("Limassol", "CY", "3010", 34.6786, 33.0413, "+35725"),
    City("Paphos", "CY", "8010", 34.7754, 32.4218, "+35726"),
)
GREECE = (
    City("Athens", "GR", "10431", 37.9838, 23.7275, "+30210"),
    City("Thessaloniki", "GR", "54622", 40.6401, 22.9444, "+302310"),
    City("Patras", "GR", "26221", 38.2466, 21.7346, "+302610"),
    City("Heraklion", "GR", "71201", 35.3387, 25.1442, "+302810"),
)
ISRAEL = (
    City("Haifa", "IL", "3303139", 32.7940, 34.9896, "+9724"),
    City("Tel Aviv", "IL", "6100000", 32.0853, 34.7818, "+9723"),
    City("Jerusalem", "IL", "9100000", 31.7683, 35.2137, "+9722"),
)
ABROAD = (
    City("London", "GB", "N3 2DN", 51.5072, -0.1276, "+4420"),
    City("Manchester", "GB", "M7 4QY", 53.4808, -2.2426, "+44161"),
    City("New York", "US", "10024", 40.7128, -74.0060, "+1212"),
)

ENGLISH = Culture(
    "en",
    _words("Ruth Sarah Emma Olivia Grace Hannah Margaret Elizabeth Catherine Alice Jane Susan "
           "Rachel Rebecca Helen Diana Laura Claire Fiona Nora Julia Martha Judith Eleanor "
           "Florence Beatrice Harriet Victoria Anna Louise"),
    _words("David Robert William James Daniel Michael John Thomas George Edward Peter Richard "
           "Simon Andrew Stephen Matthew Joseph Henry Samuel Benjamin Oliver Charles Martin Alan "
           "Philip Jonathan Adam Nathan Leonard Walter"),
    _words("Cohen Smith Jones Taylor Brown Wilson Evans Thomas Roberts Johnson Walker Wright "
           "Robinson Thompson White Hughes Edwards Green Hall Wood Harris Lewis Clarke Jackson "
           "Turner Hill Moore Cooper Ward Morris Watson Baker Harrison Morgan Patel Young Allen "
           "Mitchell Anderson Phillips Campbell Bennett Carter Stone Rose Goldberg Marks Abrahams "
           "Franklin Kaye"),
    ABROAD + CYPRUS[:2],
    _words("Station Church Victoria Park Mill Bridge Garden Orchard Castle Harbour"),
    ("",),
    _words("Ash Thorn Black Whit Brad Hart Lang West Nor Sut Mid Brook Hay Led Maple Oak Rad Stan "
           "Thorne Wake Wood Ald Brant Crom Dar Elling Farn Gran Hal Kings"),
    _words("ford bury ley ton worth well field wood bridge combe stead ham by low croft"),
)  # fmt: skip
GREEK_LATIN = Culture(
    "el",
    _words("Maria Eleni Katerina Sofia Anna Georgia Vasiliki Dimitra Ioanna Despina Christina "
           "Angeliki Paraskevi Konstantina Fotini Athina Chrysoula Zoe Irini Evangelia"),
    _words("Giorgos Dimitris Ioannis Kostas Nikos Christos Panagiotis Vasilis Athanasios Michalis "
           "Andreas Evangelos Spyros Stavros Petros Alexandros Antonis Theodoros Apostolos Iosif"),
    _words("Papadopoulos Papadakis Georgiou Nikolaidis Christodoulou Ioannou Konstantinou "
           "Dimitriou Pappas Vlachos Karagiannis Antoniou Michaelides Charalambous Economou "
           "Makris Alexiou Petrou Stavrou Andreou Savva Kyriakou Hadjigeorgiou Theodorou "
           "Panayiotou Loizou Markou Stylianou Eliades Mavros"),
    CYPRUS + GREECE,
    _words("Ermou Stasinou Athinon Ledras Makariou Solonos Aristotelous Finikoudon Evagorou"),
    ("", "Papa", "Hatzi", "Kara"),
    _words("georg dimitr nikol ioann konstantin theodor michail athanas stavr petr anton vasil "
           "panag spyr christod makr lamb xen argyr apostol evang manol"),
    _words("opoulos akis idis iadis atos elis ou oglou eas"),
)  # fmt: skip
GREEK = Culture(
    "el",
    _words("Μαρία Ελένη Κατερίνα Σοφία Άννα Γεωργία Βασιλική Δήμητρα Ιωάννα Δέσποινα Χριστίνα "
           "Αγγελική Παρασκευή Κωνσταντίνα Φωτεινή Αθηνά Χρυσούλα Ζωή Ειρήνη Ευαγγελία"),
    _words("Γιώργος Δημήτρης Ιωάννης Κώστας Νίκος Χρήστος Παναγιώτης Βασίλης Αθανάσιος Μιχάλης "
           "Ανδρέας Ευάγγελος Σπύρος Σταύρος Πέτρος Αλέξανδρος Αντώνης Θεόδωρος Απόστολος Ιωσήφ"),
    _words("Παπαδόπουλος Παπαδάκης Γεωργίου Νικολαΐδης Χριστοδούλου Ιωάννου Κωνσταντίνου "
           "Δημητρίου Παππάς Βλάχος Καραγιάννης Αντωνίου Μιχαηλίδης Χαραλάμπους Οικονόμου "
           "Μακρής Αλεξίου Πέτρου Σταύρου Ανδρέου Σάββα Κυριάκου Χατζηγεωργίου Θεοδώρου "
           "Παναγιώτου Λοΐζου Μάρκου Στυλιανού Ηλιάδης Μαύρος"),
    GREECE + CYPRUS,
    _words("Ερμού Σταδίου Αθηνών Λήδρας Μακαρίου Σόλωνος Αριστοτέλους Φοινικούδων Ευαγόρου"),
    ("", "Παπα", "Χατζη", "Καρα"),
    _words("γεωργ δημητρ νικολ ιωανν κωνσταντιν θεοδωρ μιχαηλ αθανασ σταυρ πετρ αντων βασιλ "
           "παναγ σπυρ χριστοδ μακρ λαμπ ξεν αργυρ αποστολ ευαγγ μανωλ"),
    _words("όπουλος άκης ίδης ιάδης άτος έλης ου όγλου έας"),
)  # fmt: skip
JEWISH = Culture(
    "en",
    _words("Ruth Miriam Leah Esther Rivka Shira Noa Tamar Yael Naomi Dalia Michal Hadas Orly "
           "Talia Avigail Deborah Judith Ronit Sharon"),
    _words("David Moshe Yosef Avraham Yitzhak Yaakov Shlomo Eitan Amir Yonatan Noam Ariel Uri "
           "Gideon Eli Haim Nahum Oren Shimon Reuven"),
    _words("Cohen Levi Mizrahi Peretz Biton Dahan Avraham Friedman Katz Shapiro Azoulay Goldstein "
           "Rosenberg Weiss Klein Malka Ohayon Segal Golan Stern Kahn Kohn Rabin Sasson Alon "
           "Feldman Bloom Eisenberg Halevi Nachman"),
    ISRAEL + ABROAD,
    _words("Herzl Ben-Gurion Rothschild Dizengoff Allenby Jabotinsky Weizmann Carmel Jaffa"),
    ("",),
    _words("Rosen Gold Silver Blum Wein Green Lieber Perl Feld Stern Mandel Apfel Birn Kirsch Fein "
           "Gross Hoch Licht Morgen Rein Schwarz Zucker Adler Braun"),
    _words("berg stein man baum blatt thal feld zweig wald krantz garten heim"),
)  # fmt: skip
HEBREW = Culture(
    "he",
    _words("רות מרים לאה אסתר רבקה שירה נועה תמר יעל נעמי דליה מיכל הדס אורלי טליה אביגיל "
           "דבורה יהודית רונית שרון"),
    _words("דוד משה יוסף אברהם יצחק יעקב שלמה איתן אמיר יונתן נועם אריאל אורי גדעון אלי חיים "
           "נחום אורן שמעון ראובן"),
    _words("כהן לוי מזרחי פרץ ביטון דהן אברהם פרידמן כץ שפירא אזולאי גולדשטיין רוזנברג וייס "
           "קליין מלכה אוחיון סגל גולן שטרן ששון אלון פלדמן בלום אייזנברג הלוי נחמן רבין עמר טל"),
    ISRAEL,
    _words("הרצל בן־גוריון רוטשילד דיזנגוף אלנבי ז׳בוטינסקי ויצמן הגפן הכרמל יפו"),
    ("",),
    _words("רוזנ גולד זילבר בלומ וינ גרינ ליבר פרל פלד שטרנ מנדל קירש פיינ גרוס הוכ ליכט "
           "מורגנ שוורצ"),
    _words("ברג שטיין מן בוים בלט טל פלד צוויג ולד גרטן היים"),
)  # fmt: skip

CULTURES = (ENGLISH, GREEK_LATIN, GREEK, JEWISH, HEBREW)
WEIGHTS = (34, 20, 14, 20, 12)

TRADES = _words("Foods Shipping Marine Logistics Optics Bakeries Textiles Energy Consulting "
                "Print Pharma Solar Ceramics Wines Robotics Hotels Motors Dairy Media")  # fmt: skip
SEAS = _words("Aegean Levant Carmel Olympus Cedar Harbour Apollo Galilee Poseidon Kition Amber "
              "Horizon Delta Phoenix Meridian Lighthouse Coral Atlas Juniper Halcyon")  # fmt: skip
FORMS = ("Ltd", "Ltd", "S.A.", "A.E.", "plc", "& Sons")


def culture(dice: Random) -> Culture:
    return dice.choices(CULTURES, WEIGHTS)[0]


def family(dice: Random, found: Culture) -> str:
    """A few names are very common, as everywhere, and the rarer ones many."""
    if dice.random() < 0.4:
        parts = (found.beginnings, found.stems, found.endings)
        return "".join(dice.choice(part) for part in parts).capitalize()
    place = int(len(found.families) * dice.random() ** 1.8)
    return found.families[place]


def company(dice: Random) -> str:
    return f"{dice.choice(SEAS)} {dice.choice(TRADES)} {dice.choice(FORMS)}"
