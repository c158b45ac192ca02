"""What some of the demo company's contracts are made up of, at the three French rates of VAT."""

from src.services.demo.rows import LineRow

_EACH = 1_000  # quantities are stored in thousandths, rates in hundredths of a percent
_NORMAL, _MEALS, _FOOD = 20_00, 10_00, 5_50
_ROOM, _BOX = 400_00, 4_00


def lines_of(contract: int, *, total: int, guests: int, days: int, last_id: int, at: str) -> list[LineRow]:
    """Give the lines of a contract, which add up to its total to the cent: the last one takes what the others leave.

    `total` is an even number of cents: so is what each of the others comes to, and a VAT of 20 % can make any even sum.
    """
    meals = guests * days
    priced = [
        ("Repas et boissons, par convive et par jour", meals, total * 2 // 5 // meals // 20 * 20, _MEALS),
        ("Location de la salle, par jour", days, _ROOM, _NORMAL),
        ("Coffret gourmand offert à chaque convive", guests, _BOX, _FOOD),
    ]
    left = total - sum(sum(_net_and_vat(quantity, price, rate)) for _what, quantity, price, rate in priced)
    priced.append(("Organisation et coordination", 1, (left * 5 + 3) // 6, _NORMAL))
    return [
        LineRow(
            number,
            contract,
            description,
            quantity * _EACH,
            unit_price,
            rate,
            *_net_and_vat(quantity, unit_price, rate),
            at,
            at,
            1,
        )
        for number, (description, quantity, unit_price, rate) in enumerate(priced, start=last_id + 1)
    ]


def _net_and_vat(quantity: int, unit_price: int, rate: int) -> tuple[int, int]:
    net = quantity * unit_price
    return net, (net * rate + 50_00) // 100_00
