"""The pictures of the READMEs: the ones that the command takes, all there, all shown, small, and each told in words."""

import re
from pathlib import Path

import pytest

from tools.screenshots import FOLDER, LANGUAGES, SHOTS

ROOT = Path(__file__).resolve().parents[2]
README = {"en": ROOT / "README.md", "fr": ROOT / "README.fr.md"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_readme_shows_every_picture_that_the_command_takes_and_no_other(language: str) -> None:
    taken = sorted(f"docs/screenshots/{language}/{shot.name}.webp" for shot in SHOTS)
    shown = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README[language].read_text())
    assert sorted(place for _words, place in shown) == taken
    assert len({words for words, _place in shown}) == len(taken)
    assert sorted(f"docs/screenshots/{language}/{file.name}" for file in (FOLDER / language).iterdir()) == taken


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_a_small_one_of_a_page(language: str) -> None:
    for file in (FOLDER / language).iterdir():
        content = file.read_bytes()
        assert (content[:4], content[8:12]) == (b"RIFF", b"WEBP"), file.name
        assert 5_000 < len(content) <= 60_000, file.name


def test_the_pictures_show_light_and_dark_desk_and_telephone_and_each_department() -> None:
    assert {shot.dark for shot in SHOTS} == {shot.phone for shot in SHOTS} == {True, False}
    assert {shot.who for shot in SHOTS} == {"Sales", "Support", "Management"}
