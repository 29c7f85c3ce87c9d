"""Names for companies that do not exist: a quality, an animal and a trade, in five languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of one language; `pattern` places quality {q}, animal {a}, trade {t}."""

    share: float
    pattern: str
    qualities: tuple[str, ...]
    animals: tuple[str, ...]
    trades: tuple[str, ...]  # furniture, kitchens, merchants, building, export


TONGUES = (
    Tongue(
        0.34,
        "{q} {a} {t} Oy",
        ("Sininen", "Vaskinen", "Hiljainen", "Kultainen", "Sadepäivän", "Pohjan", "Seitsemäs", "Punainen"),
        ("Kurki", "Pöllö", "Mäyrä", "Kettu", "Kuukkeli", "Ahma", "Hauki", "Siili", "Norppa", "Lumikko"),
        ("Kaluste", "Keittiöt", "Rautakauppa", "Rakennus", "Vienti"),
    ),
    Tongue(
        0.20,
        "{q} {a} {t} Ltd",
        ("Seven", "Copper", "Quiet", "Eleven", "Rainy", "Upside", "Velvet", "Wandering"),
        ("Herons", "Badgers", "Owls", "Foxes", "Otters", "Lynxes", "Hedgehogs", "Cranes", "Moles", "Newts"),
        ("Furniture", "Kitchens", "Merchants", "Builders", "Export"),
    ),
    Tongue(
        0.20,
        "ООО «{q} {a} {t}»",
        ("Синий", "Медный", "Тихий", "Золотой", "Дождливый", "Северный", "Седьмой", "Каменный"),
        ("Журавль", "Филин", "Барсук", "Ёж", "Зубр", "Аист", "Бобр", "Глухарь", "Горностай", "Дрозд"),
        ("Мебель", "Кухни", "Снабжение", "Строй", "Экспорт"),
    ),
    Tongue(
        0.15,
        "შპს {q} {a} {t}",
        ("ლურჯი", "სპილენძის", "წყნარი", "ოქროს", "წვიმიანი", "ჩრდილოეთის", "მეშვიდე", "წითელი"),
        ("წერო", "ბუ", "მაჩვი", "მელა", "ზღარბი", "წავი", "ციყვი", "ფოცხვერი", "ყარყატი", "კვერნა"),
        ("ავეჯი", "სამზარეულო", "მასალები", "მშენებელი", "ექსპორტი"),
    ),
    Tongue(
        0.11,
        "{q} {a} {t} ՍՊԸ",
        ("Կապույտ", "Պղնձե", "Լուռ", "Ոսկե", "Անձրևոտ", "Հյուսիսային", "Յոթերորդ", "Կարմիր"),
        ("Կռունկ", "Բու", "Գորշուկ", "Աղվես", "Ոզնի", "Ջրասամույր", "Սկյուռ", "Լուսան", "Արագիլ", "Կզաքիս"),
        ("Կահույք", "Խոհանոց", "Նյութեր", "Շինարար", "Արտահանում"),
    ),
)
PRIVATE_TRADE = 5


def company_names(rng: np.random.Generator, trades: NDArray[np.int64]) -> list[str]:
    """Give each account a name of its own; a second bearer of a name gets a number behind it."""
    tongue = rng.choice(len(TONGUES), size=len(trades), p=[t.share for t in TONGUES])
    quality, animal = rng.integers(0, 8, len(trades)), rng.integers(0, 10, len(trades))
    seen: dict[str, int] = {}
    return [
        _unique(_name(int(t), TONGUES[x], int(q), int(a)), seen)
        for t, x, q, a in zip(trades, tongue, quality, animal, strict=True)
    ]


def _name(trade: int, tongue: Tongue, quality: int, animal: int) -> str:
    if trade == PRIVATE_TRADE:
        return "Private buyer"
    return tongue.pattern.format(
        q=tongue.qualities[quality], a=tongue.animals[animal], t=tongue.trades[trade]
    )


def _unique(name: str, seen: dict[str, int]) -> str:
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name} {seen[name]}"
