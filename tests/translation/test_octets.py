"""A table of octets tells whether a text has any other."""

from hypothesis import given
from hypothesis import strategies as st

from jobgateway.translation.octets import table_of


@given(st.sets(st.integers(0, 255)), st.binary())
def test_a_text_stays_what_it_is_where_it_has_no_other_octets(octets, text):
    assert (text.translate(table_of(octets)) == text) == (set(text) <= octets)


def test_each_octet_is_told_from_all_others():
    for octet in range(256):
        table = table_of({octet})
        assert [other for other in range(256) if bytes([other]).translate(table) == bytes([other])] == [octet]
