"""The unified social credit code: the golden codes of METHOD B16, and what its check character promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import uscc

GOLDEN = ("91350100M000100Y43", "914403001922038216", "9144030071526726XG")


@pytest.mark.parametrize("code", GOLDEN)
def test_codes_that_are_known_to_be_right_pass_with_their_body(code: str) -> None:
    assert uscc.is_valid(code)
    assert uscc.is_body_valid(code)


def test_the_wrong_ending_of_the_public_worked_example_is_refused() -> None:
    assert not uscc.is_valid("91350100M000100Y4Z")  # Z is not even a letter of the alphabet
    assert not uscc.is_valid("91350100M000100Y44")


@pytest.mark.parametrize(
    "odd", ["", "9144030019220382", "91440300192203821٦", "I14403001922038216", "914403001922038216 "]
)
def test_what_has_not_the_form_of_a_code_is_none(odd: str) -> None:
    assert not uscc.is_valid(odd)


def test_a_code_is_compared_without_spaces_hyphens_case_and_width_and_never_corrected() -> None:
    assert uscc.normalised(" 9135-0100 Ｍ000100y43 ") == GOLDEN[0]
    assert uscc.normalised("9I") == "9I"


def test_letters_after_h_are_worth_their_place_in_the_alphabet_not_their_distance_from_a() -> None:
    # the mistake of public code: J counts 18 there, and 19 if the missing I is counted
    assert uscc.ALPHABET.index("J") == 18
    assert uscc.ALPHABET.index("Y") == 30
    assert len(uscc.ALPHABET) == 31


@given(st.sampled_from(GOLDEN), st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_one_mistyped_character_is_always_found(code: str, place: int, typed: str) -> None:
    mistyped = code[:place] + typed + code[place + 1 :]
    assert uscc.is_valid(mistyped) == (mistyped == code)


@given(st.sampled_from(GOLDEN), st.integers(0, 15))
def test_two_neighbours_that_changed_places_are_always_found(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert uscc.is_valid(swapped) == (swapped == code)


def test_of_several_codes_the_valid_ones_are_given() -> None:
    assert uscc.valid([*GOLDEN, "91350100M000100Y4Z", GOLDEN[0]]) == set(GOLDEN)
