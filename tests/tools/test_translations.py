"""The check of the French catalogue fails on every fault it exists for."""

import copy

import pytest
from babel.messages.catalog import Catalog

from tools.check_translations import problems, problems_of
from tools.translations import compiled, extracted

MISSING = ("Missing option: {names}.", "Missing options: {names}.")


@pytest.fixture
def wanted() -> Catalog:
    catalog = Catalog(locale="fr")
    for sentence in ("List clients.", "Error: {message}", MISSING):
        catalog.add(sentence)
    return catalog


@pytest.fixture
def given() -> Catalog:
    catalog = Catalog(locale="fr")
    catalog.add("List clients.", "Lister les clients.")
    catalog.add("Error: {message}", "Erreur\u00a0: {message}")
    catalog.add(MISSING, ("Option manquante\u00a0: {names}.", "Options manquantes\u00a0: {names}."))
    return catalog


def found(wanted: Catalog, given: Catalog) -> list[str]:
    """The faults of a catalogue that is compiled as it is."""
    return problems_of(wanted=wanted, given=given, program=compiled(given))


def test_the_catalogue_is_complete() -> None:
    assert problems() == []


def test_a_missing_sentence_is_found(wanted: Catalog, given: Catalog) -> None:
    given.delete("List clients.")

    assert found(wanted, given) == ["not in the catalogue: 'List clients.'"]


def test_an_untranslated_sentence_is_found(wanted: Catalog, given: Catalog) -> None:
    given["List clients."].string = ""

    assert found(wanted, given) == ["not translated: 'List clients.'"]


def test_a_guessed_translation_is_found(wanted: Catalog, given: Catalog) -> None:
    given["List clients."].flags.add("fuzzy")

    assert found(wanted, given) == ["fuzzy: 'List clients.'"]


def test_a_sentence_that_is_no_longer_used_is_found(wanted: Catalog, given: Catalog) -> None:
    given.add("An old sentence", "Une vieille phrase")

    assert found(wanted, given) == ["no longer used: 'An old sentence'"]


@pytest.mark.parametrize("french", ["Erreur", "Erreur\u00a0: {texte}", "Erreur\u00a0: {message} {message2}"])
def test_other_facts_than_the_english_ones_are_found(wanted: Catalog, given: Catalog, french: str) -> None:
    given["Error: {message}"].string = french

    assert found(wanted, given) == [f"other facts than 'Error: {{message}}': {french!r}"]


def test_a_plural_with_another_fact_is_found(wanted: Catalog, given: Catalog) -> None:
    given[MISSING[0]].string = ("Option manquante\u00a0: {names}.", "Options manquantes.")

    assert found(wanted, given) == ["other facts than 'Missing options: {names}.': 'Options manquantes.'"]


@pytest.mark.parametrize(
    ("french", "advice"),
    [
        ("Lister les clients ; tous.", "needs a narrow no-break space before ; ! ?"),
        ("Lister les clients!", "needs a narrow no-break space before ; ! ?"),
        ("Lister : les clients.", "needs a no-break space before :"),
        ("Lister « les » clients.", "needs no-break spaces inside « »"),
        ("Lister l'ensemble.", "needs the curved apostrophe ’"),
    ],
)
def test_french_typography_is_checked(wanted: Catalog, given: Catalog, french: str, advice: str) -> None:
    given["List clients."].string = french

    assert [problem for problem in found(wanted, given) if problem.startswith(advice)] == [f"{advice}: {french!r}"]


@pytest.mark.parametrize(
    "french",
    [
        "Voir https://exemple.fr/?a=b; ou --option: oui à 13:00 ou '{command}'.".replace("; ", "\u202f; ").replace(
            ": ", "\u00a0: "
        ),
        "«\u00a0Lister\u00a0» tout\u202f!",
    ],
)
def test_good_typography_and_what_is_no_prose_pass(wanted: Catalog, given: Catalog, french: str) -> None:
    given["List clients."].string = french.replace("'{command}'", "'x'")

    assert found(wanted, given) == []


def test_a_stale_compiled_catalogue_is_found(wanted: Catalog, given: Catalog) -> None:
    before = compiled(given)
    changed = copy.deepcopy(given)
    changed["List clients."].string = "Énumérer les clients."

    assert problems_of(wanted=wanted, given=changed, program=before) == ["the compiled catalogue is stale"]


def test_a_sound_catalogue_passes(wanted: Catalog, given: Catalog) -> None:
    assert found(wanted, given) == []


def test_the_words_of_click_are_wanted_but_not_its_words_to_programmers() -> None:
    sentences = {message.id if isinstance(message.id, str) else message.id[0] for message in extracted()}

    assert {"No such command {name!r}.", "Show this message and exit.", "Missing option: {names}."} <= sentences
    assert [sentence for sentence in sentences if "Choice({choices})" in sentence] == []
