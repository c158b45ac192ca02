"""Phone numbers written plainly, in digits and the usual marks between them, read at one look.

The numbering plans are those of phonenumbers, which looks at a number some forty times. Only what it would surely give
is given here, which tests compare; all other numbers it reads itself (see contact_details).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

_MARKS = str.maketrans("", "", " .()/-")
# Under each country's code the one of several countries where the numbers of all are looked for first. No code is the
# beginning of another.
_FIRST = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
_LONGEST_CODE = max(map(len, _FIRST))


class _Plan(NamedTuple):
    """How the numbers of a country are written, in nothing but digits; both patterns name what is kept `national`."""

    code: str
    at_home: re.Pattern[str]
    after_code: re.Pattern[str]


def plain_number(typed: str, *, region: str) -> str | None:
    """Give in E.164 a number that is valid beyond doubt; None says nothing about it.

    `region` (such as FR) says how to read a number without a country code.
    """
    digits = typed.translate(_MARKS)
    has_code = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    plan = _plan_after_plus(digits) if has_code else _plan(region)
    if plan is None:
        return None
    match = plan.after_code.fullmatch(digits[len(plan.code) :]) if has_code else plan.at_home.fullmatch(digits)
    return f"+{plan.code}{match['national']}" if match else None


def _plan_after_plus(digits: str) -> _Plan | None:
    for length in range(1, _LONGEST_CODE + 1):
        if region := _FIRST.get(digits[:length]):
            return _plan(region)
    return None


@cache
def _plan(region: str) -> _Plan | None:
    """Make the patterns of a country; of several that share a code, of the first alone."""
    plan = PhoneMetadata.metadata_for_region(region, None)
    if plan is None or _FIRST[str(plan.country_code)] != region:
        return None
    every, *kinds = map(_whole, _kinds(plan))
    number = f"(?={plan.leading_digits or ''})(?={every})(?P<national>{'|'.join(kinds)})"
    if prefix := plan.national_prefix_for_parsing:
        # What has to be written otherwise where the prefix was (Argentina's mobiles) is not for here.
        number = f"(?!{prefix}){number}" if plan.national_prefix_transform_rule else f"(?>(?:{prefix})?){number}"
    code = str(plan.country_code)
    # What begins like a number from abroad may be one.
    beginnings = "|".join(filter(None, (plan.international_prefix, code)))
    return _Plan(code, re.compile(f"(?!{beginnings}){number}"), re.compile(number))


def _kinds(plan: PhoneMetadata) -> Iterator[PhoneNumberDesc]:
    """Give what every number is like, and then each kind of numbers, of which a valid one must be."""
    kinds = (
        plan.general_desc,
        plan.fixed_line,
        plan.mobile,
        plan.toll_free,
        plan.premium_rate,
        plan.shared_cost,
        plan.voip,
        plan.personal_number,
        plan.pager,
        plan.uan,
        plan.voicemail,
    )
    return (kind for kind in kinds if kind is not None and kind.national_number_pattern)


def _whole(kind: PhoneNumberDesc) -> str:
    """Give the pattern of a whole national number of this kind, of the lengths that it may have."""
    lengths = "|".join(rf"\d{{{length}}}" for length in kind.possible_length)
    of_length = rf"(?=(?:{lengths})\Z)" if lengths else ""
    return rf"{of_length}(?:{kind.national_number_pattern})\Z"
