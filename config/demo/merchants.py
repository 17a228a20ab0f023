"""Where the households spend: invented merchants, by kind, with prices, weekdays and seasons."""

from dataclasses import dataclass

_ANY_DAY = (1.0,) * 7
_WORKDAYS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.0)
_GROCERY_DAYS = (0.8, 0.7, 0.9, 1.0, 1.5, 2.0, 0.1)
_EVENINGS_OUT = (0.2, 0.3, 0.5, 0.8, 2.2, 2.4, 0.6)
_WEEKEND = (0.2, 0.2, 0.3, 0.3, 0.8, 2.6, 2.6)
_ANY_MONTH = (1.0,) * 12
_SUMMER = (0.2, 0.2, 0.5, 0.9, 1.4, 2.0, 2.2, 2.0, 1.2, 0.6, 0.3, 0.2)
_GARDEN = (0.1, 0.3, 1.4, 2.6, 2.4, 1.4, 0.8, 0.7, 0.9, 0.8, 0.2, 0.1)
_GIFTS = (0.3, 0.5, 0.6, 0.7, 0.9, 0.8, 0.6, 0.6, 0.7, 0.9, 1.8, 4.2)
_SALES = (1.6, 0.8, 0.9, 1.0, 1.0, 1.1, 1.4, 0.8, 1.0, 1.0, 1.9, 1.7)
_COLDS = (1.6, 1.7, 1.3, 1.0, 0.8, 0.6, 0.5, 0.5, 0.9, 1.2, 1.4, 1.6)


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that people spend on. `per_week` is the average for somebody who does it."""

    key: str
    category: str
    per_week: float
    low_minor: int
    high_minor: int
    hours: tuple[int, int]
    merchants: dict[str, tuple[str, ...]]  # by currency
    weekdays: tuple[float, ...] = _ANY_DAY  # Monday first
    months: tuple[float, ...] = _ANY_MONTH
    ending: int = 0  # prices end in this many cents, as shops like 99; 0 is any
    needed: bool = False  # goes on when money is short
    returned: float = 0.0  # how often it is sent back


HABITS = (
    Habit(
        "groceries",
        "groceries",
        2.6,
        850,
        8_900,
        (8, 19),
        {
            "EUR": ("Marktfrisch", "Grünkorb", "Preisinsel", "Kaufmanns Laden", "Bio am Eck"),
            "GBP": ("Fenwick & Hale", "Larder Lane", "Thriftway Foods", "Green Basket"),
        },
        weekdays=_GROCERY_DAYS,
        needed=True,
    ),
    Habit(
        "bakery",
        "groceries",
        1.8,
        190,
        1_150,
        (7, 10),
        {
            "EUR": ("Backstube Lindner", "Ofenglück", "Müllers Brote"),
            "GBP": ("Crust & Crumb", "The Daily Loaf"),
        },
        weekdays=(0.9, 0.9, 0.9, 0.9, 1.0, 1.7, 1.5),
        needed=True,
    ),
    Habit(
        "lunch",
        "restaurants",
        1.9,
        690,
        1_680,
        (11, 13),
        {
            "EUR": ("Suppenküche 12", "Kantine am Hafen", "Falafel Noor", "Nudelbar Ito"),
            "GBP": ("Pret à Porter Deli", "Noodle Yard", "Borough Bowls"),
        },
        weekdays=_WORKDAYS,
    ),
    Habit(
        "coffee",
        "restaurants",
        1.4,
        240,
        780,
        (7, 16),
        {
            "EUR": ("Café Morgenrot", "Röststätte", "Kaffee Kontor"),
            "GBP": ("Bean Street", "Kettle & Co", "Platform 3 Coffee"),
        },
    ),
    Habit(
        "dinner",
        "restaurants",
        0.7,
        2_400,
        9_800,
        (18, 21),
        {
            "EUR": ("Trattoria Belvedere", "Gasthaus zur Post", "Sushi Kawa", "Taverna Olympos"),
            "GBP": ("The Copper Pan", "Masala House", "Osteria Nove"),
        },
        weekdays=_EVENINGS_OUT,
    ),
    Habit(
        "transit",
        "transport",
        0.9,
        290,
        1_480,
        (6, 20),
        {"EUR": ("Stadtverkehr", "Regiobahn"), "GBP": ("Metro Travel", "Northline Rail")},
        weekdays=(1.2, 1.1, 1.1, 1.1, 1.2, 0.8, 0.5),
        needed=True,
    ),
    Habit(
        "fuel",
        "fuel",
        0.55,
        3_600,
        8_400,
        (7, 20),
        {"EUR": ("Tankhof Nord", "Hanse Tank"), "GBP": ("Roadside Fuels", "Harbour Petrol")},
        needed=True,
    ),
    Habit(
        "drugstore",
        "health",
        0.5,
        380,
        4_200,
        (9, 18),
        {
            "EUR": ("Drogerie Rosen", "Apotheke am Markt"),
            "GBP": ("Wells Pharmacy", "Corner Chemist"),
        },
        months=_COLDS,
        needed=True,
    ),
    Habit(
        "online",
        "shopping",
        0.5,
        999,
        14_900,
        (18, 22),
        {
            "EUR": ("Versandhaus Elbe", "Klickladen", "Bücherkiste Online"),
            "GBP": ("Parcel & Pine", "Webster's Books"),
        },
        months=_SALES,
        ending=99,
        returned=0.14,
    ),
    Habit(
        "clothes",
        "shopping",
        0.22,
        1_499,
        15_900,
        (11, 18),
        {
            "EUR": ("Modehaus Arens", "Faden & Naht", "Schuhwerk"),
            "GBP": ("Loom & Last", "Harrow Tailors"),
        },
        weekdays=_WEEKEND,
        months=_SALES,
        ending=95,
        returned=0.1,
    ),
    Habit(
        "home",
        "shopping",
        0.16,
        999,
        24_900,
        (10, 17),
        {"EUR": ("Wohnwelt", "Baumarkt Sievers"), "GBP": ("Hearth & Oak", "Joiner's Yard")},
        weekdays=_WEEKEND,
        months=_GARDEN,
        ending=99,
        returned=0.05,
    ),
    Habit(
        "outings",
        "leisure",
        0.45,
        750,
        4_600,
        (14, 20),
        {
            "EUR": ("Kino Capitol", "Stadtmuseum", "Kletterhalle Gipfel", "Theater am Park"),
            "GBP": ("Regal Picturehouse", "City Gallery", "The Climbing Works"),
        },
        weekdays=_WEEKEND,
    ),
    Habit(
        "summer",
        "leisure",
        0.3,
        350,
        2_300,
        (12, 19),
        {"EUR": ("Freibad am See", "Eisdiele Venezia"), "GBP": ("Lido Cafe", "Pier Ices")},
        weekdays=_WEEKEND,
        months=_SUMMER,
    ),
    Habit(
        "gifts",
        "gifts",
        0.18,
        1_200,
        8_900,
        (11, 18),
        {"EUR": ("Blumen Petersen", "Spielzeugtruhe"), "GBP": ("Petal & Stem", "The Toy Chest")},
        months=_GIFTS,
        ending=95,
    ),
    Habit(
        "children",
        "children",
        0.6,
        490,
        5_900,
        (14, 18),
        {"EUR": ("Kinderladen Pfiff", "Schulbedarf Roth"), "GBP": ("Little Acorns", "School Bell")},
    ),
    Habit(
        "pets",
        "pets",
        0.3,
        890,
        6_400,
        (10, 18),
        {"EUR": ("Tierbedarf Pfote", "Tierarztpraxis Dr. Sommer"), "GBP": ("Paws & Claws",)},
    ),
    Habit(
        "cash",
        "cash",
        0.28,
        5_000,
        20_000,
        (9, 19),
        {
            "EUR": ("Geldautomat Hauptstraße", "Geldautomat Bahnhof"),
            "GBP": ("Cash machine High St",),
        },
        weekdays=(0.7, 0.7, 0.8, 0.9, 1.5, 1.6, 0.6),
    ),
)

ABROAD = {
    "Lisbon": ("Pastelaria Aurora", "Tasca do Rio", "Mercado da Praça", "Elétrico Bilhetes"),
    "Crete": ("Taverna Minos", "Bakaliko", "Boat trips Elounda", "Kafeneio Ilios"),
    "Tyrol": ("Skiverleih Alpenblick", "Hütte Sonnkogel", "Bergbahnen Talstation", "Dorfladen"),
    "Brittany": ("Crêperie du Port", "Marché Saint-Yves", "Phare Musée", "Boulangerie Le Goff"),
    "Edinburgh": ("The Haggis & Thistle", "Castle Tickets", "Old Town Books", "Lothian Trams"),
    "Madrid": ("Bar La Latina", "Churrería San Blas", "Metro Centro", "Museo Tienda"),
}
