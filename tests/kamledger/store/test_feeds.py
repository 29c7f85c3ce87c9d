"""What a feed may be called."""

from __future__ import annotations

import pytest

from kamledger.store.feeds import check_name
from kamstats.errors import Invalid


@pytest.mark.parametrize("feed", ["sales", "Myynti 2024", "продажи", "გაყიდვები", "erp.north-1_a"])
def test_a_feed_is_called_by_letters_digits_and_a_few_marks(feed):
    check_name(feed)


@pytest.mark.parametrize("feed", ["", " ", "a/b", "../up", ".hidden", "a\nb", "a\0b", "x" * 65, "trailing "])
def test_a_name_that_could_be_part_of_a_key_or_a_path_is_refused(feed):
    with pytest.raises(Invalid, match="cannot be used"):
        check_name(feed)
