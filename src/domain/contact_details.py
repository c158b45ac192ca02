"""E-mail addresses and phone numbers, read once for every interface.

Both formats are too odd to read by hand: the grammar comes from email-validator, numbering plans from phonenumbers.
They are pure functions, so the domain may use them; they load on first use, because lists need neither. What nearly
everybody types is known at one look, and comes out as they would give it (decision 77).
"""

import re

from src.domain.errors import InvalidInput
from src.domain.values import MAX_LINE, parse_text
from src.i18n import N_

MAX_EMAIL = 254
MAX_PHONE = 40

# An address in plain letters, as nearly all are; what is odd about another is for email-validator. Two hyphens in a row
# may announce letters that are not plain.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_EMAIL = re.compile(
    rf"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?!.*--)(?:{_LABEL}\.)+(?:[A-Za-z0-9][A-Za-z0-9-]{{0,61}})?[A-Za-z]"
)


def parse_email(text: str, *, field: str = N_("e-mail")) -> str:
    """Read an e-mail address; stored in lower case, because people never mean two mailboxes by capitals.

    Intranet names (`.local`, `.test`) are accepted: agencies have them, and the CRM sends nothing to them by itself.

    Raises:
        InvalidInput: not an address, or longer than 254 characters.
    """
    typed = parse_text(text, field=field, longest=MAX_EMAIL)
    if _PLAIN_EMAIL.fullmatch(typed):
        return typed.lower()
    import email_validator  # noqa: PLC0415 - 40 ms, most addresses need none of it

    # The library's own setting; by default it refuses intranet names as undeliverable.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        return email_validator.validate_email(typed, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        raise InvalidInput(N_("{field}: this is not an e-mail address."), field=field) from None


_PHONE = re.compile(r"[\d+().\-/\s#*]+(?:(?:x|ext|poste|p)\.?\s*\d{1,6})?", re.ASCII | re.IGNORECASE)


def parse_phone(text: str, *, region: str, field: str = N_("phone"), required: bool = False) -> str:
    """Read a phone number: E.164 where a numbering plan knows it, otherwise as typed.

    `region` (such as FR) says how to read a number without a country code. The company's own records hold numbers that
    no plan knows (+678 123 456 78, +666 12345): five digits are enough to keep one.

    Raises:
        InvalidInput: fewer than five digits, or not a phone number at all.
    """
    typed = parse_text(text, field=field, longest=MAX_LINE, required=required)
    if not typed:
        return ""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse  # noqa: PLC0415 - 30 ms

    from src.domain.numbering_plans import plain_number  # noqa: PLC0415 - loads it, too

    if plain := plain_number(typed, region=region):
        return plain
    try:
        number = parse(typed, region)
        if is_valid_number(number):
            if number.extension:
                return format_number(number, PhoneNumberFormat.E164) + f" x{number.extension}"
            return str(format_number(number, PhoneNumberFormat.E164))
    except NumberParseException:
        pass
    digits = sum(character.isdigit() for character in typed)
    if digits < 5 or len(typed) > MAX_PHONE or not _PHONE.fullmatch(typed):
        raise InvalidInput(N_("{field}: this is not a phone number; it needs at least five digits."), field=field)
    return typed
