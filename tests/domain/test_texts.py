"""Texts have one stored form and one comparable form, whatever keyboard, copy or attack they come from."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.values import clean_text, fold, is_username, parse_name, parse_text, parse_username
from tests.domain.refused import named, refusal_of

CONTROL = "control characters are not allowed."
# All that Unicode gives a meaning, half surrogate pairs included.
EVERY_CHARACTER = [
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(character) not in {"Cn", "Co"}
]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Cool  Startup\tLLC \n", "Cool Startup LLC"),
        ("Cafe\u0301", "Café"),  # NFD, as a Mac's file names are
        ("e\u200b\u0301", "é"),  # an accent set apart from its letter by something invisible
        ("\u212b", "Å"),  # the Ångström sign is a letter
        ("1\u202f200\u00a0€", "1 200 €"),
        ("zero\u200bwidth\ufeff\u2060\u00ad", "zerowidth"),
        ("\u2028line\u2029breaks\u0085here\x0b\x0c", "line breaks here"),
        ("L’Été", "L’Été"),
        ("مُحَمَّد بن سلمان", "مُحَمَّد بن سلمان"),
        ("שלום", "שלום"),
        ("李小龍", "李小龍"),
        ("🎉 party 👩‍👩‍👧", "🎉 party 👩‍👩‍👧"),
        ("<b>&amp;</b> %_ ' \" \\ ; --", "<b>&amp;</b> %_ ' \" \\ ; --"),
        ("", ""),
        (" \u3000\u00a0 ", ""),
    ],
    ids=named,
)
def test_a_text_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert clean_text(typed) == stored
    assert clean_text(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("a\x00b", "\x07", "\x1b[2J", "a\x7f", "\x9b31m", "\ud800", "a\udfff", "\ud83d"),
        *(f"user{override}moc.live" for override in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    ],
    ids=named,
)
def test_what_controls_a_terminal_or_reorders_a_line_is_refused(typed: str) -> None:
    assert refusal_of(parse_text, typed, field="title") == CONTROL
    assert refusal_of(parse_text, typed, field="notes", multiline=True) == CONTROL


def test_notes_keep_their_lines_and_nothing_else_of_their_layout() -> None:
    typed = "\r\n Arrival  13:00\r\nBring\tchairs\u2028\u2029the end\rreally \n\n"
    assert clean_text(typed, multiline=True) == "Arrival 13:00\nBring chairs\n\nthe end\nreally"


def test_every_single_character_is_stored_as_itself_or_refused() -> None:
    kinds_refused = set()
    for character in EVERY_CHARACTER:
        try:
            stored = clean_text(character)
        except ValueError:
            kinds_refused.add(unicodedata.category(character))
        else:
            assert clean_text(stored) == stored
            assert unicodedata.is_normalized("NFC", stored)
    assert kinds_refused == {"Cc", "Cs", "Cf"}


@given(st.text(), st.booleans())
def test_the_stored_form_of_a_stored_form_is_itself(typed: str, multiline: bool) -> None:  # noqa: FBT001 - given by name
    try:
        stored = clean_text(typed, multiline=multiline)
    except ValueError:
        return
    assert clean_text(stored, multiline=multiline) == stored
    assert unicodedata.is_normalized("NFC", stored)
    assert stored == stored.strip()
    assert multiline or "\n" not in stored


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("ÉLODIE  Lefèvre", "elodie lefevre"),
        ("E\u0301lodie", "elodie"),
        ("Œuvre d’Æther", "oeuvre d'aether"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łukasz Søren Þór Đorđe", "lukasz soren thor dorde"),
        ("Yıldız İstanbul", "yildiz istanbul"),
        ("ﬁn ﬀ ①②", "fin ff 12"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("𝐁𝐨𝐥𝐝 𝚤", "bold i"),
        ("ǼǾ", "aeo"),
        ("Ἀθῆναι ΣΊΣΥΦΟΣ", "αθηναι σισυφοσ"),
        ("مُحَمَّد", "محمد"),
        ("L'Été", "l'ete"),
        ("100% _all_", "100% _all_"),
        ("", ""),
        ("\u0301", ""),
    ],
    ids=named,
)
def test_texts_are_compared_without_accents_capitals_or_ligatures(typed: str, compared: str) -> None:
    assert fold(typed) == compared


def test_every_single_character_has_one_comparable_form() -> None:
    changing = [character for character in EVERY_CHARACTER if fold(fold(character)) != fold(character)]
    assert changing == []


@given(st.text())
def test_the_comparable_form_of_a_comparable_form_is_itself(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


@given(st.text())
def test_accents_and_capitals_never_matter(typed: str) -> None:
    assert fold(unicodedata.normalize("NFD", typed)) == fold(unicodedata.normalize("NFC", typed))
    assert fold(fold(typed).upper()) == fold(fold(fold(typed).upper()))


def test_a_required_text_must_hold_something() -> None:
    assert refusal_of(parse_text, " \u00a0\u200b ", field="title") == "a value is required."
    assert parse_text(" ", field="title", required=False) == ""


def test_length_is_counted_as_stored() -> None:
    assert parse_text("  " + "e\u0301" * 200 + "  ", field="title") == "é" * 200
    assert refusal_of(parse_text, "é" * 201, field="title") == "at most 200 characters are allowed."


@pytest.mark.parametrize(
    "megabytes",
    [" " * 10**7, "a" * 10**7, "e\u0301" * 5 * 10**6, "\u0300" * 10**7, "é\n" * 5 * 10**6],
    ids=named,
)
def test_megabytes_are_refused_by_their_length(megabytes: str) -> None:
    sentence = refusal_of(parse_text, megabytes, field="notes", longest=10_000, multiline=True)
    assert sentence == "at most 10000 characters are allowed."


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  kevin ", "kevin"),
        ("O'Brien", "O'Brien"),
        ("D’Artagnan", "D’Artagnan"),
        ("Jean-François", "Jean-François"),
        ("X Æ A-12", "X Æ A-12"),
        ("王", "王"),
        ("عبد الله", "عبد الله"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("ʻOkina", "ʻOkina"),
    ],
    ids=named,
)
def test_names_of_all_scripts_are_names(typed: str, stored: str) -> None:
    assert parse_name(typed, field="last name") == stored


@pytest.mark.parametrize("typed", ["123", "-", "...", "🎉", "' 1=1; --", "١٢٣"], ids=named)
def test_a_name_needs_a_letter(typed: str) -> None:
    assert refusal_of(parse_name, typed, field="last name") == "a name needs at least one letter."


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("Bill.Boquet", "bill.boquet"), (" kate_h-2 ", "kate_h-2"), ("a1b", "a1b"), ("x" * 50, "x" * 50)],
    ids=named,
)
def test_usernames_are_plain_and_lower_case(typed: str, stored: str) -> None:
    assert parse_username(typed) == stored
    assert is_username(stored)


@pytest.mark.parametrize(
    "typed",
    ["ab", "élodie", "a b c", ".bill", "bill.", "-bill", "bill@epic", "bill/../x", "ab\u0430", "\u0131nit", "İnit"],
    ids=named,
)
def test_other_usernames_are_refused(typed: str) -> None:
    assert refusal_of(parse_username, typed).startswith("use 3 to 50 letters without accents")
    assert not is_username(typed)
