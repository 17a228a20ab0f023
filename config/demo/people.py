"""Who banks at the demonstration bank: households with an income, a home, plans and habits."""

from dataclasses import dataclass

from apps.accounts.contracts import Product


@dataclass(frozen=True, slots=True)
class Purse:
    """An account of a customer; `opening_minor` is brought along from a former bank."""

    key: str
    product: Product
    currency: str
    nickname: str
    opening_minor: int
    overdraft_minor: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """A payment that comes back: monthly, or in the months that are named."""

    key: str
    payee: str
    description: str
    category: str
    amount_minor: int
    day: int
    months: tuple[int, ...] = tuple(range(1, 13))
    rises_after: int = 0  # months from the start after which it costs more; 0 is never
    rise_percent: int = 0
    by_card: bool = False
    to: str = ""  # the customer who is paid, where it is one


@dataclass(frozen=True, slots=True)
class Trip:
    """A holiday each year: paid months ahead, then days of spending away from home."""

    place: str
    month: int
    day: int
    days: int
    fare_minor: int
    stay_minor: int
    in_pounds: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody's economic life. Money is in minor units of the customer's own currency."""

    key: str
    email: str
    full_name: str
    employer: str
    income_minor: int
    payday: int
    saves_minor: int
    purses: tuple[Purse, ...]
    bills: tuple[Bill, ...]
    trips: tuple[Trip, ...] = ()
    thirteenth: bool = True
    pace: float = 1.0  # how much of the habits' spending is theirs
    without: frozenset[str] = frozenset({"children", "pets", "fuel"})
    is_pensioner: bool = False

    @property
    def checking(self) -> Purse:
        """The account that life is paid from."""
        return self.purses[0]

    @property
    def savings(self) -> Purse:
        """The account that money is put aside in."""
        return self.purses[1]

    @property
    def currency(self) -> str:
        """The currency that income and bills are in."""
        return self.checking.currency


def _purses(
    key: str, currency: str, opening_minor: tuple[int, int], overdraft_minor: int = 0
) -> tuple[Purse, Purse]:
    """Return a checking and a savings account with what each begins with."""
    everyday, saved = opening_minor
    return (
        Purse(f"{key}/checking", Product.CHECKING, currency, "Everyday", everyday, overdraft_minor),
        Purse(f"{key}/savings", Product.SAVINGS, currency, "Rainy days", saved),
    )


def _rent(payee: str, minor: int, after: int = 13, percent: int = 4) -> Bill:
    return Bill("rent", payee, "Rent", "housing", minor, 1, rises_after=after, rise_percent=percent)


def _streaming(minor: int, day: int) -> Bill:
    return Bill(
        *("streaming", "Lumen Video", "Lumen Video subscription", "subscriptions", minor, day),
        rises_after=15,
        rise_percent=15,
        by_card=True,
    )


def _card(key: str, payee: str, minor: int, day: int, category: str = "subscriptions") -> Bill:
    return Bill(key, payee, f"{payee} subscription", category, minor, day, by_card=True)


def _german(rent: int, power: int, heat: int, phone: int, *more: Bill) -> tuple[Bill, ...]:
    return (
        _rent("Hausverwaltung Nordlicht", rent),
        Bill("power", "Stadtwerke", "Electricity", "utilities", power, 3),
        Bill("heating", "Fernwärme Verbund", "Heating", "utilities", heat, 3),
        Bill("phone", "Telenord", "Internet and phone", "utilities", phone, 12),
        Bill(
            "liability", "Hanse Versicherung", "Liability insurance", "insurance", 6_480, 15, (1,)
        ),
        Bill("broadcast", "Beitragsservice", "Broadcasting fee", "taxes", 5_508, 15, (2, 5, 8, 11)),
        *more,
    )


def _british(rent: int, power: int, tax: int, phone: int, *more: Bill) -> tuple[Bill, ...]:
    return (
        _rent("Marlow Lettings", rent, 11, 5),
        Bill("power", "Northern Power & Gas", "Gas and electricity", "utilities", power, 6),
        Bill("council", "City Council", "Council tax", "taxes", tax, 10),
        Bill("phone", "Wirebird", "Broadband and mobile", "utilities", phone, 17),
        Bill("water", "Clearwater", "Water", "utilities", 3_840, 20),
        *more,
    )


_CAR = frozenset({"children", "pets"})
_FAMILY = frozenset({"pets"})
_FULL: frozenset[str] = frozenset()

_CAR_INSURANCE = Bill("car", "Hanse Versicherung", "Car insurance", "insurance", 58_420, 15, (1,))
_KINDERGARTEN = Bill("kita", "Kita Regenbogen", "Kindergarten", "children", 18_600, 5)
_GYM = _card("gym", "Muskelkater Studio", 2_990, 2, "leisure")
_MUSIC = _card("music", "Tonspur Music", 1_099, 9)

_SHARE = Bill("household", "Ines Mertens", "Household share", "housing", 92_000, 2, to="mertens")

CUSTOMERS = (
    Customer(
        "customer1",
        "customer1@example.com",
        "Clara Winter",
        "Elbwerft Engineering GmbH",
        298_000,
        28,
        35_000,
        (
            *_purses("customer1", "EUR", (214_300, 812_000), 50_000),
            Purse("customer1/pounds", Product.WALLET, "GBP", "Pounds for travelling", 0),
        ),
        _german(
            112_000,
            6_200,
            8_400,
            4_499,
            _streaming(1_299, 8),
            _MUSIC,
            _GYM,
            Bill("rail", "Regiobahn", "Railcard", "transport", 24_400, 15, (3,)),
        ),
        (
            Trip("Crete", 7, 18, 12, 41_800, 96_000),
            Trip("Edinburgh", 10, 3, 5, 18_900, 42_000, in_pounds=True),
        ),
    ),
    Customer(
        "customer2",
        "customer2@example.com",
        "Jonas Berg",
        "Buchhandlung Lesesaal KG",
        196_000,
        27,
        8_000,
        _purses("customer2", "EUR", (96_400, 164_000), 100_000),
        _german(
            71_000, 5_100, 6_300, 3_999, _streaming(899, 14), _card("news", "Tagblatt", 1_990, 1)
        ),
        (Trip("Brittany", 8, 9, 9, 8_900, 31_000),),
        pace=1.05,
    ),
    Customer(
        "mertens",
        "ines.mertens@example.com",
        "Ines Mertens",
        "Klinikum am Stadtpark",
        368_000,
        28,
        50_000,
        _purses("mertens", "EUR", (318_000, 1_940_000), 100_000),
        _german(
            132_000, 8_900, 11_800, 5_499, _CAR_INSURANCE, _KINDERGARTEN, _streaming(1_799, 20)
        ),
        (Trip("Tyrol", 2, 8, 7, 12_000, 118_000), Trip("Crete", 8, 2, 14, 132_000, 164_000)),
        without=_FAMILY,
        pace=1.25,
    ),
    Customer(
        "mertens2",
        "paul.mertens@example.com",
        "Paul Mertens",
        "Grundschule Lindenallee",
        251_000,
        30,
        30_000,
        _purses("mertens2", "EUR", (142_000, 388_000)),
        (_MUSIC, _GYM, _SHARE),
        without=_CAR,
        pace=0.9,
    ),
    Customer(
        "okafor",
        "ada.okafor@example.com",
        "Ada Okafor",
        "Northgate Analytics Ltd",
        318_000,
        25,
        40_000,
        _purses("okafor", "GBP", (241_000, 920_000), 50_000),
        _british(
            124_000,
            11_400,
            15_600,
            4_200,
            _streaming(1_099, 11),
            _card("gym", "IronWorks", 3_400, 1),
        ),
        (Trip("Lisbon", 6, 12, 8, 21_400, 64_000), Trip("Madrid", 12, 27, 6, 18_200, 51_000)),
        thirteenth=False,
        pace=1.1,
    ),
    Customer(
        "fraser",
        "ewan.fraser@example.com",
        "Ewan Fraser",
        "Leith Boatyard",
        214_000,
        28,
        10_000,
        _purses("fraser", "GBP", (58_000, 74_000), 40_000),
        _british(
            79_500, 9_200, 11_900, 3_300, _card("van", "Anchor Insurance", 5_150, 4, "insurance")
        ),
        without=_CAR,
        thirteenth=False,
        pace=0.85,
    ),
    Customer(
        "larsen",
        "greta.larsen@example.com",
        "Greta Larsen",
        "Deutsche Rentenkasse",
        187_400,
        31,
        12_000,
        _purses("larsen", "EUR", (164_000, 2_310_000)),
        _german(58_000, 4_400, 7_700, 2_999, _card("paper", "Tagblatt", 2_890, 1)),
        (Trip("Tyrol", 9, 6, 6, 11_400, 48_000),),
        thirteenth=False,
        pace=0.75,
        without=frozenset({"children", "fuel", "lunch"}),
        is_pensioner=True,
    ),
    Customer(
        "novak",
        "tomas.novak@example.com",
        "Tomas Novak",
        "Hafenlogistik AG",
        246_000,
        28,
        20_000,
        _purses("novak", "EUR", (121_000, 210_000), 60_000),
        _german(
            76_500,
            6_900,
            7_200,
            3_499,
            _CAR_INSURANCE,
            _streaming(1_299, 16),
            Bill("loan", "Autobank Weser", "Car loan", "loans", 21_900, 4),
        ),
        without=_CAR,
        pace=0.95,
    ),
    Customer(
        "rossi",
        "lucia.rossi@example.com",
        "Lucia Rossi",
        "Atelier Nove Design",
        244_000,
        26,
        25_000,
        _purses("rossi", "EUR", (173_000, 341_000), 30_000),
        _german(88_000, 5_400, 6_600, 3_999, _MUSIC, _card("cloud", "Wolkenspeicher", 299, 6)),
        (Trip("Lisbon", 5, 16, 7, 16_800, 47_000),),
        pace=1.05,
        without=frozenset({"children", "fuel"}),
    ),
    Customer(
        "haddad",
        "samir.haddad@example.com",
        "Samir Haddad",
        "Praxis Dr. Albers",
        248_000,
        29,
        18_000,
        _purses("haddad", "EUR", (88_000, 97_000), 40_000),
        _german(84_000, 5_900, 7_900, 4_299, _KINDERGARTEN, _streaming(1_299, 3)),
        without=frozenset({"pets", "fuel"}),
    ),
    Customer(
        "price",
        "megan.price@example.com",
        "Megan Price",
        "Severn Health Trust",
        262_000,
        26,
        25_000,
        _purses("price", "GBP", (134_000, 405_000)),
        _british(88_000, 9_900, 13_200, 3_900, _MUSIC),
        (Trip("Brittany", 7, 25, 8, 23_000, 58_000),),
        thirteenth=False,
        without=frozenset({"children", "fuel"}),
    ),
    Customer(
        "vogel",
        "anton.vogel@example.com",
        "Anton Vogel",
        "Technische Universität",
        126_000,
        28,
        5_000,
        _purses("vogel", "EUR", (41_000, 38_000), 20_000),
        (
            Bill("rent", "Studierendenwerk", "Room", "housing", 41_500, 1),
            Bill("phone", "Telenord", "Mobile phone", "utilities", 1_499, 12),
            _card("music", "Tonspur Music", 599, 9),
            Bill("fee", "Technische Universität", "Semester fee", "education", 34_800, 15, (2, 8)),
        ),
        pace=0.62,
        thirteenth=False,
    ),
    Customer(
        "keller",
        "marie.keller@example.com",
        "Marie Keller",
        "Keller Steuerberatung",
        468_000,
        27,
        90_000,
        _purses("keller", "EUR", (482_000, 4_870_000), 200_000),
        _german(
            168_000, 10_900, 14_200, 6_999, _CAR_INSURANCE, _streaming(1_799, 22), _GYM, _MUSIC
        ),
        (Trip("Tyrol", 1, 18, 8, 15_000, 174_000), Trip("Madrid", 9, 20, 7, 38_000, 98_000)),
        without=_FULL,
        pace=1.4,
    ),
    Customer(
        "silva",
        "rui.silva@example.com",
        "Rui Silva",
        "Metallbau Hansen",
        226_000,
        28,
        22_000,
        _purses("silva", "EUR", (109_000, 246_000), 50_000),
        _german(69_000, 6_100, 6_900, 3_499, _CAR_INSURANCE, _card("sport", "Ligapass", 2_499, 5)),
        (Trip("Lisbon", 8, 14, 15, 29_800, 0),),
        without=_CAR,
        pace=0.9,
    ),
)

QUICK = 2  # how many take part in a quick demonstration: those whose logins are printed
