"""Schedules worked out a second time, in another language and by other formulas: exact fractions, closed-form
annuity where there is one, the annuity of discount factors otherwise. Writes schedules.csv.

    python3 independent_schedules.py > schedules.csv
"""
from calendar import monthrange
from datetime import date
from fractions import Fraction
from math import ceil


def half_even(x):
    return round(x)  # Fraction.__round__ is half to even


def add_months(start, months):
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def share_of_year(count, a, b):
    if count == "thirty_360":
        days = (b.year - a.year) * 360 + (b.month - a.month) * 30 + min(b.day, 30) - min(a.day, 30)
        return Fraction(days, 360)
    return Fraction((b - a).days, 365 if count == "actual_365" else 360)


def rows(name, start, principal, bps, months, count, method, grace=0, every=1, chosen=None, charge=0, floor=0):
    rate = Fraction(bps, 10_000)
    dates = [(k, add_months(start, k)) for k in range(1, months + 1)]
    if method == "bullet":
        dates = [(k, d) for k, d in dates if k == months or k % every == 0]
    if method == "seasonal":
        dates = [(k, d) for k, d in dates if d.month in chosen]
    repaying = [d for k, d in dates if k > grace and (method != "bullet" or k == months)]
    out = []
    if method == "sales_linked":
        total_charge = half_even(Fraction(principal * charge, 10_000))
        total = principal + total_charge
        step = half_even(Fraction(total * floor, 10_000))
        for index, (k, d) in enumerate(dates):
            before, after = min(total, step * index), min(total, step * (index + 1))
            if k == months:
                after = total
            interest = half_even(Fraction(total_charge * after, total)) - half_even(Fraction(total_charge * before, total))
            out.append((d, after - before - interest, interest))
    else:
        periods = list(zip([start] + [d for _, d in dates], [d for _, d in dates]))
        factors = {b: 1 + rate * share_of_year(count, a, b) for a, b in periods}
        level = None
        if method == "equal_installments":
            if rate == 0:
                level = ceil(Fraction(principal, len(repaying)))
            elif count == "thirty_360" and start.day <= 28:
                i, n = rate / 12, len(repaying)
                level = ceil(principal * i / (1 - (1 + i) ** -n))
            else:
                discount, annuity = Fraction(1), Fraction(0)
                for d in repaying:
                    discount /= factors[d]
                    annuity += discount
                level = ceil(principal / annuity)
        part = principal // len(repaying)
        balance = principal
        for a, b in periods:
            interest = half_even(balance * rate * share_of_year(count, a, b))
            if b not in repaying:
                repaid = 0
            elif b == repaying[-1]:
                repaid = balance
            elif level is not None:
                repaid = min(balance, level - interest)
            else:
                repaid = min(balance, part)
            balance -= repaid
            out.append((b, repaid, interest))
    spec = [start, principal, bps, months, count, method, grace, every, "|".join(map(str, chosen or [])), charge, floor]
    left = principal
    for number, (d, repaid, interest) in enumerate(out, 1):
        left -= repaid
        print(",".join(map(str, [name, *spec, number, d, repaid, interest, left])))


print("case,disbursedOn,principalMinor,annualRateBps,termMonths,dayCount,method,principalGraceMonths,"
      "interestEveryMonths,months,fixedChargeBps,monthlyFloorBps,number,dueOn,installmentPrincipalMinor,"
      "installmentInterestMinor,balanceMinor")
D = date
rows("equal installments 30/360", D(2024, 3, 15), 5_000_000, 1_080, 12, "thirty_360", "equal_installments")
rows("equal installments actual/365 over a leap day", D(2024, 1, 31), 5_000_000, 1_080, 6, "actual_365", "equal_installments")
rows("equal installments actual/360 from a month end", D(2023, 8, 31), 3_333_333, 1_240, 7, "actual_360", "equal_installments")
rows("equal installments 30/360 from the 31st", D(2023, 10, 31), 1_000_001, 990, 5, "thirty_360", "equal_installments")
rows("equal installments without interest", D(2024, 5, 6), 1_000_000, 0, 7, "thirty_360", "equal_installments")
rows("equal installments: grace of three months", D(2024, 2, 29), 2_000_000, 870, 9, "actual_365", "equal_installments", grace=3)
rows("equal principal", D(2024, 6, 10), 1_000_000, 1_200, 7, "actual_365", "equal_principal")
rows("equal principal: grace of two months", D(2023, 12, 30), 1_000_000, 1_200, 6, "thirty_360", "equal_principal", grace=2)
rows("bullet: interest monthly", D(2024, 8, 31), 8_000_000, 960, 12, "actual_360", "bullet")
rows("bullet: interest quarterly", D(2023, 11, 30), 8_000_000, 960, 10, "actual_365", "bullet", every=3)
rows("seasonal: two harvests", D(2023, 12, 31), 6_000_000, 1_140, 24, "actual_365", "seasonal", chosen=[6, 10, 11])
rows("seasonal: one month left in the term", D(2024, 1, 20), 1_500_000, 1_140, 12, "thirty_360", "seasonal", chosen=[9])
rows("sales-linked", D(2024, 1, 31), 3_000_000, 0, 9, "actual_365", "sales_linked", charge=850, floor=700)
rows("sales-linked: floor repays early", D(2024, 4, 1), 1_000_003, 0, 6, "actual_365", "sales_linked", charge=333, floor=3_000)
