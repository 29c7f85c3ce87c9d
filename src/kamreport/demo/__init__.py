"""The invented company: a maker of wood-based panels and, lately, houses, with known hidden truths.

    make_company(Path("demo"), seed=7, accounts=400)

Everything follows from the seed: the same seed gives the same bytes.
"""

from __future__ import annotations

from kamreport.demo.company import Company, make_company

__all__ = ["Company", "make_company"]
