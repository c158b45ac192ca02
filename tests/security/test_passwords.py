"""How passwords are kept, and which are good enough."""

import contextlib
import re
import sys
import threading
import time
import unicodedata

import argon2
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from src.domain.errors import InvalidInput
from src.security.passwords import (
    STANDARD,
    HashCost,
    PasswordHasher,
    canonical,
    check_password,
    random_password,
)
from src.security.tokens import READABLE_SIGNS
from tests.security.accounts import CHEAP, HASHER, CountingHasher

TOO_EASY = "too easy to guess"
ABOUT_BILL = ("bill.boquet", "Bill", "Boquet", "bill.boquet@epic.example")

# What keyboards send: no half surrogate pairs. Shorter than a kilobyte in UTF-8 whatever the signs are.
typed = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def test_the_standard_cost_is_argon2id_with_19_mib_two_passes_and_one_lane() -> None:
    hashed = STANDARD.hash("correct horse battery staple")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert STANDARD.verify(hashed, "correct horse battery staple")
    assert not STANDARD.verify(hashed, "correct horse battery stapler")


def test_one_password_is_stored_differently_each_time() -> None:
    assert HASHER.hash("the same") != HASHER.hash("the same")


@given(password=typed)
@settings(max_examples=60)
def test_every_password_that_can_be_typed_opens_what_it_closed(password: str) -> None:
    assume(len(canonical(password).encode()) <= 1024)
    assert HASHER.verify(HASHER.hash(password), password)


@given(password=typed)
@settings(max_examples=60)
def test_a_password_opens_the_account_however_its_accents_are_composed(password: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    assume(len(decomposed) <= 1024)
    assert HASHER.verify(HASHER.hash(composed), decomposed)
    assert HASHER.verify(HASHER.hash(decomposed), composed)


@given(password=typed, other=typed)
@settings(max_examples=60)
def test_another_password_does_not_open_it(password: str, other: str) -> None:
    assume(canonical(password) != canonical(other))
    assert not HASHER.verify(HASHER.hash(password), other)


def test_capitals_accents_and_surrounding_spaces_are_part_of_a_password() -> None:
    hashed = HASHER.hash("Un été à Paris")
    assert [HASHER.verify(hashed, other) for other in ("un été à Paris", "Un ete a Paris", " Un été à Paris")] == [
        False,
        False,
        False,
    ]


def test_a_no_break_space_typed_by_mistake_is_a_space() -> None:
    assert HASHER.verify(HASHER.hash("le chat dort"), "le\u00a0chat\u202fdort")


def test_passwords_that_differ_only_after_many_signs_differ() -> None:
    assert not HASHER.verify(HASHER.hash("a" * 1000 + "b"), "a" * 1000 + "c")
    assert not HASHER.verify(HASHER.hash("a\0b"), "a\0c")


@pytest.mark.parametrize("password", ["a" * 1024, "é" * 512, "a" * 64])
def test_a_kilobyte_is_accepted(password: str) -> None:
    assert HASHER.verify(HASHER.hash(password), password)


@pytest.mark.parametrize("password", ["a" * 1025, "é" * 513, "a" * 10_000_000, "\ud800" * 20])
def test_what_is_longer_or_no_text_is_refused_and_never_right(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        HASHER.hash(password)
    assert refused.value.field == "password"
    assert not HASHER.verify(HASHER.hash("a" * 1024), password)


def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    for hasher in (STANDARD, HASHER):
        assert argon2.extract_parameters(hasher.nobodys_hash()) == argon2.extract_parameters(hasher.hash("x"))


@pytest.mark.parametrize("known", [None, "", "!", "$argon2id$broken", "5f4dcc3b5aa765d61d8327deb882cf99"])
def test_an_account_without_a_password_takes_one_real_comparison_and_is_never_open(known: str | None) -> None:
    hasher = CountingHasher()
    assert not hasher.verify(known, "")
    assert not hasher.verify(known, "whatever was typed")
    assert hasher.compared == [hasher.nobodys_hash()] * 2


def test_even_the_password_of_nobodys_hash_would_not_open_an_account() -> None:
    class Gullible(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            super()._matches(known, secret)
            return True

    assert not Gullible().verify(None, "anything")
    assert Gullible().verify(HASHER.hash("x"), "anything")


def test_a_hash_made_at_another_cost_is_recognised_and_still_opens() -> None:
    old = PasswordHasher(HashCost(memory_kib=16, passes=1, lanes=1)).hash("a password of old")
    assert HASHER.verify(old, "a password of old")
    assert HASHER.needs_rehash(old)
    assert not HASHER.needs_rehash(HASHER.hash("a password of old"))


def test_no_more_than_two_passwords_are_hashed_at_once() -> None:
    class Watched(PasswordHasher):
        def __init__(self) -> None:
            super().__init__(CHEAP)
            self.inside, self.most, self.lock = 0, 0, threading.Lock()
            self.pair = threading.Barrier(2, timeout=60)

        def _matches(self, known: str, secret: bytes) -> bool:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.pair.wait()  # breaks if only one may be here
            time.sleep(0.02)  # long enough for a third, if one were let in
            with self.lock:
                self.inside -= 1
            return super()._matches(known, secret)

    hasher, known, right = Watched(), HASHER.hash("x"), list[bool]()
    threads = [threading.Thread(target=lambda: right.append(hasher.verify(known, "x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (hasher.most, right) == (2, [True] * 8)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "le chat dort sur le toit",
        "une girafe traverse lentement",
        "kwqzhbvtyrnmpdfx",
        "839274619283746503",
        "!#%&?;:,.-_<>*!$=)",
        "日本語のパスワードです長い言葉も",
        "our events need a purple giraffe",
        "x" + "correct horse battery staple, " * 30,
        "Tr0ub4dor&3Tr0mb0ne",
    ],
)
def test_a_long_password_is_accepted_whatever_it_is_made_of(password: str) -> None:
    check_password(password, context_words=ABOUT_BILL)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "MotDePasse2026!!",
        "mot de passe 2026 !!",
        "m.o.t.d.e.p.a.s.s.e.1",
        "azertyuiopqsdfgh",
        "qwertyuiopasdfgh",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz",
        "               ",
        "iloveyouiloveyou",
        "epic-events-2026",
        "EpicEventsEpicEvents",
        "Épic Évènements 2026",
        "3p1c3v3nts-2026!",
        "bill boquet events 2026!!",
        "Boquet.Bill.2026",
        "bill.boquet@epic.example",
        "ToquetBoquetBill",
        "bienvenue bonjour",
        "13/05/1988 1988",
        "P@ssw0rdP@ssw0rd",
    ],
)
def test_what_anybody_would_try_first_is_refused_with_advice(password: str) -> None:
    with pytest.raises(InvalidInput, match=TOO_EASY) as refused:
        check_password(password, context_words=ABOUT_BILL)
    assert refused.value.field == "password"
    assert password.strip() not in str(refused.value) or not password.strip()


def test_words_about_the_person_only_count_for_that_person() -> None:
    check_password("kate-hastroff-2026-x", context_words=ABOUT_BILL)
    with pytest.raises(InvalidInput, match=TOO_EASY):
        check_password("kate-hastroff-2026-x", context_words=("Kate", "Hastroff"))


@pytest.mark.parametrize(("has_two_factor", "shortest"), [(False, 15), (True, 8)])
def test_the_shortest_password_is_shorter_with_a_second_factor(*, has_two_factor: bool, shortest: int) -> None:
    strong = "kwqzhbvtyrnmpdfx"
    check_password(strong[:shortest], has_two_factor=has_two_factor)
    with pytest.raises(InvalidInput, match=f"at least {shortest} characters"):
        check_password(strong[: shortest - 1], has_two_factor=has_two_factor)


@pytest.mark.parametrize("password", ["password", "12345678", "azertyui", "boquet88", "epicevents"])
def test_a_second_factor_does_not_excuse_a_common_password(password: str) -> None:
    with pytest.raises(InvalidInput, match=TOO_EASY):
        check_password(password, has_two_factor=True, context_words=ABOUT_BILL)


def test_signs_are_counted_as_people_see_them() -> None:
    fifteen = "éàüçñôîâêûëïùÿœ"
    assert len(fifteen) == 15
    check_password(unicodedata.normalize("NFD", fifteen))
    with pytest.raises(InvalidInput, match="at least 15"):
        check_password(unicodedata.normalize("NFD", fifteen[:14]))


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("correct horse\nbattery staple", "control characters"),
        ("correct horse\0battery staple", "control characters"),
        ("correct horse \ud800 battery staple", "control characters"),
        ("k7qd" * 257, "at most 1024"),
        ("", "at least 15"),
    ],
)
def test_what_cannot_be_typed_or_is_endless_is_refused(password: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_password(password)


@given(password=st.text(max_size=300), words=st.lists(st.text(max_size=30), max_size=3))
@settings(max_examples=80)
def test_any_text_is_judged_without_any_other_error(password: str, words: list[str]) -> None:
    with contextlib.suppress(InvalidInput):
        check_password(password, context_words=words)
        assert len(password) >= 15


def test_a_random_password_is_readable_unguessable_and_good_enough() -> None:
    passwords = {random_password() for _ in range(200)}
    assert len(passwords) == 200
    form = re.compile(rf"[{READABLE_SIGNS}]{{4}}(-[{READABLE_SIGNS}]{{4}}){{4}}")
    assert [password for password in passwords if not form.fullmatch(password)] == []
    assert len(READABLE_SIGNS) ** 20 > 2**80
    for password in passwords:
        check_password(password, context_words=ABOUT_BILL)


def test_passwords_judged_at_the_same_time_do_not_mix_the_persons_up() -> None:
    # Nobody's names, written backwards: only whoever is told the names can tell.
    people = [("qzkvwxjh", "bnmvxzrt"), ("wvkxqzjn", "pltrwqgh"), ("zxqvkjwm", "ghrtbvcx"), ("jkqzxwvb", "sdfrwtzq")]
    accepted: list[str] = []

    def judge(first: str, last: str) -> None:
        for _ in range(20):
            with contextlib.suppress(InvalidInput):
                check_password((first + last)[::-1], context_words=(first, last))
                accepted.append(first)

    threads = [threading.Thread(target=judge, args=person) for person in people]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert accepted == []
    for first, last in people:
        check_password((first + last)[::-1])
