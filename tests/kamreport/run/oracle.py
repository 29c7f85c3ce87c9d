"""Random nasty ledgers, and a slow oracle that judges them line by line with fractions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from kamreport.settings import DirtRule, Settings
from kamstats.concentration import KeyTest

COLUMNS = ("account", "date", "document", "product", "product_line", "quantity", "revenue", "cost", "manager")
ACCOUNTS = ("a", "A", "b", "b 2", "007", "7", "ö", "c", "d", "e", "f", "")
BANDS = (("mono_red", 75), ("mono", 70), ("critical", 50), ("severe", 40), ("act", 30), ("watch", 20))
CAUSES = ("before", "new", "lost", "assortment", "volume", "mix", "price", "after")
DIRT = {
    "cancellations": lambda line: line["document"][0] == "C" and min(line["quantity"], line["revenue"]) < 0,
    "returns": lambda line: line["quantity"] < 0,
    "postage": lambda line: line["product"] == "POST",
    "bank_charges": lambda line: line["product"] == "M",
    "zero_price": lambda line: line["revenue"] == 0 and line["quantity"] != 0,
    "bad_debt": lambda line: line["document"][0] == "A" and line["product"] == "B",
}


# --- the ledgers


def random_lines(dice, first, span, feed):
    """Make the lines of one feed: ties, returns that cancel, month ends, lines without account, dirt."""
    accounts = dice.sample(ACCOUNTS, dice.randint(2, len(ACCOUNTS)))
    lines = [random_line(dice, first, span, accounts, number) for number in range(dice.randint(20, 200))]
    for line in dice.sample(lines, len(lines) // 10):
        back = {name: line[name] and -line[name] for name in ("quantity", "revenue", "cost")}
        day = min(line["date"] + timedelta(dice.choice((0, 40))), first + timedelta(span))
        lines.append(line | back | {"date": day, "document": f"C{100000 + len(lines)}"})
    return [line | {"feed": feed} for line in lines]


def random_line(dice, first, span, accounts, number):
    day = first + timedelta(dice.randint(0, span))
    if dice.random() < 0.2:
        day = max(first, day.replace(day=1) - timedelta(dice.choice((0, 1))))
    product = dice.choices(("board", "film", "glue", "POST", "M", "B"), (9, 9, 9, 1, 1, 1))[0]
    revenue = Decimal(dice.choice((0, 1, 10, 10, 10, 25, -5, dice.randint(1, 99999)))) / dice.choice((1, 100))
    return {
        "account": dice.choice(accounts),
        "date": day,
        "document": f"A{number + 1}" if product == "B" else f"D-{number // 2}",
        "product": product,
        "product_line": "goods" if product in ("board", "film") else "other",
        "quantity": dice.choice((0, 1, 1, 2, 3, 5)),
        "revenue": revenue,
        "cost": revenue * dice.choice((Decimal("0.5"), Decimal("1.3"))) if dice.random() < 0.998 else None,
        "manager": dice.choice(("Aino", "Boris")),
    }


def random_groups(dice, first, span):
    """Give memberships (account, group, from, to), at most two of an account, one after the other."""
    for account in dice.sample(("a", "A", "b", "c", "007"), dice.choice((0, 0, 3))):
        turn = first + timedelta(dice.randint(0, span))
        yield account, "Holding", None, turn
        if dice.random() < 0.5:
            yield account, dice.choice(("Trust", "d")), turn + timedelta(dice.choice((1, 20))), None


def random_settings(dice, days):
    middle, late, end = days[len(days) // 3], days[-len(days) // 4], days[-1]
    as_of = dice.choice((end, end, late, end + timedelta(1), end + timedelta(40)))
    spans = ("all", "all", "12m", "3m", f"{middle}:{late}", f"{middle.replace(day=1)}:2030-01-01")
    return Settings(
        period=dice.choice(spans),
        as_of=as_of.isoformat(),
        by=dice.choice(("auto", "revenue")),
        assume_margin=dice.choice((None, None, Decimal("0.25"))),
        structure=dice.choice(("as_of", "then")),
        key=KeyTest(comparison=dice.choice(("at_least", "more_than"))),
        dirt=DirtRule(**{name: dice.random() < 0.8 for name in DIRT}),
    )


def named(lines, groups, settings, *, several):
    """Put the account that a line counts for in the place of its key."""
    for line in lines:
        day = line["date"] if settings.structure == "then" else date.fromisoformat(settings.as_of)
        spans = ((g, a or date.min, b or date.max) for key, g, a, b in groups if key == line["account"])
        own = f"{line['feed']}/{line['account']}" if several else line["account"]
        line["account"] = line["account"] and next((g for g, a, b in spans if a <= day <= b), own)
    return lines


# --- the oracle


def month_no(day):
    return day.year * 12 + day.month - 1


def first_day(month):
    return date(month // 12, month % 12 + 1, 1)


def last_day(month):
    return first_day(month + 1) - timedelta(1)


def whole_months(first, last):
    end = month_no(last) - ((last_day(month_no(last)) - last).days > 3)
    return list(range(month_no(first) + (first.day > 4), end + 1))


def months_before(day, months):
    month = month_no(day) - months
    return min(first_day(month) + timedelta(day.day - 1), last_day(month))


def grouped(lines, name):
    found = defaultdict(list)
    for line in lines:
        found[line[name]].append(line)
    return found


def positive(values):
    return [value for value in values if value is not None and value > 0]


def abc(values):
    """Class A while what lies strictly above is below 80 % of the ranked total, B below 95 %, else C."""
    whole, found = sum(positive(values.values())), {}
    for key, value in values.items():
        above = sum(other for other in positive(values.values()) if other > (value or 0)) * 100
        letter = "A" if above < 80 * whole else "B" if above < 95 * whole else "C"
        found[key] = letter if positive([value]) else None
    return found


def income(lines, margin):
    lacking = [line["revenue"] for line in lines if line["cost"] is None]
    known = sum(line["revenue"] - line["cost"] for line in lines if line["cost"] is not None)
    if lacking and margin is None:
        return None
    return (
        known + (sum(lacking) * (margin or 0)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        if lacking
        else known
    )


def variation(lines, days, months):
    """Give variation and class by whole quarters, at least 4, else by 6 months or more; else nothing."""
    quarters = [
        quarter
        for quarter in {month // 3 for month in months}
        if set(range(3 * quarter, 3 * quarter + 3)) <= set(months)
    ]
    size, periods, limits = (3, quarters, (25, 50)) if len(quarters) >= 4 else (1, months, (50, 100))
    sums = {p: Fraction(0) for p in periods if days and p >= month_no(min(days)) // size}
    for line in lines:
        if (period := month_no(line["date"]) // size) in sums:
            sums[period] += Fraction(line["revenue"])
    if (size == 1 and len(months) < 6) or len(sums) < 2 or sum(sums.values()) <= 0:
        return None, None
    mean = sum(sums.values()) / len(sums)
    square = sum((value - mean) ** 2 for value in sums.values()) / len(sums) / mean**2
    passed = sum(square * 100**2 > limit**2 for limit in limits)
    return float(square) ** 0.5, "XYZ"[passed]


def frequency(days, months):
    counted = {month for month in months if days and month >= month_no(min(days))}
    active = len({month_no(day) for day in days} & counted) * 100
    steps = (("often", 80), ("regular", 40), ("irregular", 0))
    return next((name for name, least in steps if active >= least * len(counted)), None) if counted else None


def status(days, silence, usual, as_of):
    if not days:
        return None
    long_ago = max(days) < months_before(as_of, 12)
    if long_ago if silence is None else silence < 0.01 and (as_of - max(days)).days > 2 * usual:
        return "lost"
    if silence is not None and silence < 0.05:
        return "drifting"
    return "new" if min(days) >= months_before(as_of, 6) else "one_off" if len(days) == 1 else "active"


def half_up(value):
    scaled = abs(value) * 10**4 + Fraction(1, 2)
    return Fraction(scaled.numerator // scaled.denominator, 10**4) * (1 if value >= 0 else -1)


def bridged(cells):
    """Take the change of one account apart; cells: (line, product) to (revenue, quantity) of each period."""
    found, baskets = dict.fromkeys(CAUSES, Fraction(0)), defaultdict(list)
    there = [any(pair[side] for pair in cells.values()) for side in (0, 1)]
    for (line, _), pair in cells.items():
        (old, before), (new, after) = (side or (0, 0) for side in pair)
        found["before"], found["after"] = found["before"] + old, found["after"] + new
        if all(pair) and before > 0 and after > 0:
            baskets[line].append((old, before, new, after))
        else:
            alone = "assortment" if not all(pair) else "volume"
            found[alone if all(there) else "lost" if there[0] else "new"] += new - old
    for basket in baskets.values():
        old, before, new, after = (sum(column) for column in zip(*basket, strict=True))
        at_old_prices = sum(half_up(row[0] * row[3] / row[1]) for row in basket)
        same = half_up(old * after / before)
        for cause, value in zip(
            CAUSES[4:7], (same - old, at_old_prices - same, new - at_old_prices), strict=True
        ):
            found[cause] += value
    return found


class Expected:
    """What the definitions say about a ledger under some settings."""

    def __init__(self, lines, settings):
        out = [odd for name, odd in DIRT.items() if not getattr(settings.dirt, name)]
        self.lines, self.settings, self.as_of = lines, settings, date.fromisoformat(settings.as_of)
        self.booked = min(line["date"] for line in lines)
        self.first, self.last = self._period()
        used = [line for line in lines if line["account"] and not any(odd(line) for odd in out)]
        self.history = [line for line in used if line["date"] <= self.as_of]
        self.inside = [line for line in self.history if self.first <= line["date"] <= self.last]
        self.whole = whole_months(self.booked, self.as_of)
        self.months = [month for month in self.whole if self._is_inside(month)]
        costed = settings.assume_margin is not None or all(line["cost"] is not None for line in self.inside)
        self.base = "income" if settings.by == "auto" and costed and self.inside else "revenue"

    def _period(self):
        period, months = self.settings.period, whole_months(self.booked, self.as_of)
        if period == "all":
            return self.booked, self.as_of
        if period.endswith("m"):
            last = months[-1] if months else month_no(self.as_of)
            return max(first_day(last + 1 - int(period[:-1])), self.booked), min(last_day(last), self.as_of)
        first, last = map(date.fromisoformat, period.split(":"))
        return first, min(last, self.as_of)

    def _is_inside(self, month):
        begins = max(first_day(month), self.booked) >= max(self.first, self.booked)
        return begins and min(last_day(month), self.as_of) <= self.last

    def level(self, lines):
        """Judge the accounts of one level by its own total."""
        rows = {}
        for account, mine in grouped(lines, "account").items():
            revenue = sum(line["revenue"] for line in mine)
            rows[account] = {"revenue": revenue, "income": income(mine, self.settings.assume_margin)}
        classes = abc({account: row["revenue"] for account, row in rows.items()})
        total, through = sum(positive(row[self.base] for row in rows.values())), Fraction(0)
        for account, row in sorted(rows.items(), key=lambda item: (-(item[1][self.base] or 0), item[0])):
            value = max(row[self.base] or 0, 0)
            through += Fraction(value)
            over = value * 10 >= total if self.settings.key.comparison == "at_least" else value * 10 > total
            reached = [name for name, limit in BANDS if value > 0 and value * 100 >= limit * total]
            row["share"] = float(Fraction(value) / Fraction(total)) if value else None
            row["cumulative_share"] = float(through / Fraction(total)) if value else None
            row |= {"abc": classes[account], "key_account": bool(value and over)}
            row["dependency_band"] = reached[0] if reached else None
        return rows

    def accounts(self):
        rows, nothing = self.level(self.inside), {"revenue": 0, "income": 0, "share": None, "abc": None}
        by_income = abc({account: row["income"] for account, row in rows.items()})
        for account, mine in grouped(self.history, "account").items():
            days = {line["date"] for line in mine if line["quantity"] > 0}
            cv, letter = variation(mine, days, self.months)
            second = [max(day, min(days) + timedelta(366)) for day in sorted(days)[1:2]]
            rows[account] = rows.get(account, nothing) | {
                "abc_income": by_income.get(account),
                "cv": cv,
                "xyz": letter,
                "frequency_class": frequency(days, self.months),
                "orders": sum(self.first <= day <= self.last for day in days),
                "first_order": min(days, default=None),
                "last_order": max(days, default=None),
                "days_silent": (self.as_of - max(days)).days if days else None,
                "regular_since": next((day for day in second if day <= self.as_of), None),
                "days": days,
            }
        return rows

    def migration(self):
        before, after = self.compared()
        money, classes = [], []
        for months in (before, after):
            mine = grouped((line for line in self.history if month_no(line["date"]) in months), "account")
            money.append({account: sum(line["revenue"] for line in own) for account, own in mine.items()})
            classes.append(abc(money[-1]))
        known = {line["account"] for line in self.history if month_no(line["date"]) <= before[-1]}
        return {
            key: {
                "movement": movement(classes[0].get(key), classes[1].get(key), came_back=key in known),
                "revenue_before": money[0].get(key, 0),
                "revenue_after": money[1].get(key, 0),
            }
            for key in money[0].keys() | money[1].keys()
        }

    def compared(self):
        """Give the last twelve whole months and the twelve before, or two halves; nothing below six."""
        half = min(12, len(self.whole) // 2)
        return (self.whole[-2 * half : -half], self.whole[-half:]) if len(self.whole) >= 6 else None

    def bridge(self):
        found = defaultdict(lambda: defaultdict(lambda: [None, None]))
        for line in self.history:
            for side, months in enumerate(self.compared()):
                if month_no(line["date"]) in months:
                    pair = found[line["account"]][line["product_line"], line["product"]]
                    revenue, quantity = pair[side] or (0, 0)
                    pair[side] = (revenue + Fraction(line["revenue"]), quantity + line["quantity"])
        return {account: bridged(cells) for account, cells in found.items()}


def movement(was, now, *, came_back):
    if was is None and now is None:
        return "unranked"
    if was is None:
        return "returned" if came_back else "new"
    return "lost" if now is None else "up" if now < was else "down" if now > was else "same"
