"""Master files whose days cannot be."""

from __future__ import annotations

import pytest

from kamledger.reading import read_master
from kamstats.errors import Invalid


def test_a_day_of_a_group_that_is_no_date_is_refused_with_file_and_key(tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("account,group,from,to\nBeta,G,2020-01-01,2021-01-01\nGamma,G,2020-01-01,bogus\n")

    with pytest.raises(Invalid, match=r'In "groups\.csv", Gamma has the day "bogus"'):
        read_master("groups", groups)


def test_a_membership_that_ends_before_it_begins_is_refused(tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("account,group,from,to\nBeta,G,2023-06-01,2023-01-01\n")

    with pytest.raises(Invalid, match="Beta belongs to its group until 2023-01-01"):
        read_master("groups", groups)
