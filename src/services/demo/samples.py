"""The company's own sample records (SPEC.md, last section): Kevin Casey, the Ouick wedding, the Bouzin assembly."""

from datetime import date, datetime, time

from src.domain.values import fold
from src.models.client import client_keys
from src.services.demo.deals import Numbers
from src.services.demo.lines import lines_of
from src.services.demo.rows import Batch, ClientRow, ContractRow, EventRow, PaymentRow
from src.services.demo.staff import Staff
from src.services.demo.timeline import HOME, stored

CLIENTS = 3
# On these days Kate is at the wedding or at the assembly.
KATES_DAYS = (date(2023, 5, 5), date(2023, 6, 4), date(2023, 6, 5))


def sample_records(*, first_id: int, staff: Staff, numbers: Numbers) -> Batch:
    """Give the three sample clients, the first with id `first_id`, and what they bought from Bill Boquet."""
    return _Samples(first_id, staff, numbers).batch


class _Samples:
    def __init__(self, first_id: int, staff: Staff, numbers: Numbers) -> None:
        self.batch = Batch()
        self._first_id = first_id
        self._bill, self._kate = staff.sales[0], staff.support[0]
        self._numbers = numbers
        self._kevin_casey()
        self._john_ouick()
        self._lou_bouzin()

    def _kevin_casey(self) -> None:
        kevin = self._client(
            ("Kevin", "Casey", "kevin@startup.io", "+678 123 456 78", "Cool Startup LLC"),
            first_contact=_at(2021, 4, 18),
            last_contact=_at(2023, 3, 29),
        )
        launch = self._contract(
            kevin, "Lancement de Cool App", 8_500_00, drawn_up=_at(2021, 5, 3), signed=_at(2021, 5, 17)
        )
        self._payment(launch, 2_550_00, date(2021, 5, 20))
        self._payment(launch, 5_950_00, date(2021, 9, 30))
        self._event(
            launch,
            "Lancement de Cool App",
            when=(_at(2021, 9, 16, 18), _at(2021, 9, 16, 23)),
            location="Station F, 5 parvis Alan Turing, 75013 Paris, France",
            attendees=120,
            notes="Démonstration à 19 h, puis cocktail. Deux écrans et une scène.",
        )
        self._contract(kevin, "Séminaire des équipes", 12_000_00, drawn_up=_at(2023, 3, 27))

    def _john_ouick(self) -> None:
        john = self._client(
            ("John", "Ouick", "john.ouick@courriel.example", "+666 12345", ""),
            first_contact=_at(2022, 9, 12),
            last_contact=_at(2023, 6, 12),
        )
        wedding = self._contract(
            john, "Mariage John Ouick", 16_400_00, drawn_up=_at(2022, 10, 3), signed=_at(2022, 10, 24)
        )
        self._lines(wedding, guests=75)
        self._payment(wedding, 4_920_00, date(2022, 10, 27))
        self._payment(wedding, 11_480_00, date(2023, 6, 12))
        self._event(
            wedding,
            "John Ouick Wedding",
            when=(_at(2023, 6, 4, 13), _at(2023, 6, 5, 2)),
            location="53 Rue du Château, 41120 Candé-sur-Beuvron, France",
            attendees=75,
            notes="Cérémonie à 15 h au bord de l'eau, réception à 17 h. Kate trouve un DJ pour la soirée.",
            contact=("John Ouick", "+666 12345", ""),
        )

    def _lou_bouzin(self) -> None:
        lou = self._client(
            ("Lou", "Bouzin", "lou.bouzin@mufflins.example", "+33261910042", "Mufflins"),
            first_contact=_at(2023, 1, 9),
            last_contact=_at(2023, 5, 22),
        )
        assembly = self._contract(
            lou, "Assemblée générale 2023", 4_800_00, drawn_up=_at(2023, 1, 30), signed=_at(2023, 2, 6)
        )
        self._payment(assembly, 1_440_00, date(2023, 2, 9))
        self._event(
            assembly,
            "Lou Bouzin General Assembly",
            when=(_at(2023, 5, 5, 15), _at(2023, 5, 5, 17)),
            location="Salle des fêtes de Mufflins",
            attendees=200,
            notes="Assemblée des actionnaires : estrade, vote à main levée, deux micros dans la salle.",
            contact=("Jacky Blangier", "+33639980042", "jacky.blangier@mufflins.example"),
        )

    def _client(self, card: tuple[str, str, str, str, str], *, first_contact: str, last_contact: str) -> int:
        first_name, last_name, email, phone, company = card
        number = self._first_id + len(self.batch.clients)
        self.batch.clients.append(
            ClientRow(
                id=number,
                first_name=first_name,
                last_name=last_name,
                email=email,
                phone=phone,
                company_name=company,
                sales_contact_id=self._bill.id,
                last_contact_at=last_contact,
                **client_keys(first_name, last_name, company, email),
                created_at=first_contact,
                updated_at=last_contact,
                version=2,
            )
        )
        return number

    def _contract(self, client: int, title: str, total: int, *, drawn_up: str, signed: str | None = None) -> int:
        self._numbers.contracts += 1
        self.batch.contracts.append(
            ContractRow(
                id=self._numbers.contracts,
                client_id=client,
                title=title,
                total=total,
                paid=0,
                status="signed" if signed else "sent",
                signed_at=signed,
                title_key=fold(title),
                created_at=drawn_up,
                updated_at=signed or drawn_up,
                version=3 if signed else 2,
            )
        )
        return self._numbers.contracts

    def _lines(self, contract: int, *, guests: int) -> None:
        sold = self.batch.contracts[-1]
        lines = lines_of(
            contract, total=sold.total, guests=guests, days=1, last_id=self._numbers.lines, at=sold.created_at
        )
        self._numbers.lines += len(lines)
        self.batch.lines += lines
        self.batch.contracts[-1] = sold._replace(version=sold.version + len(lines))

    def _payment(self, contract: int, amount: int, received_on: date) -> None:
        self._numbers.payments += 1
        number, recorded_at = self._numbers.payments, _at(received_on.year, received_on.month, received_on.day)
        self.batch.payments.append(
            PaymentRow(
                id=number,
                contract_id=contract,
                amount=amount,
                received_on=received_on.isoformat(),
                method="transfer",
                reference=f"VIR-{number:07}",
                reason="",
                idempotency_key=f"demo-{number}",
                recorded_by=self._bill.id,
                recorded_by_username=self._bill.username,
                created_at=recorded_at,
                updated_at=recorded_at,
                version=1,
            )
        )
        paid = self.batch.contracts[-1]
        self.batch.contracts[-1] = paid._replace(updated_at=recorded_at, version=paid.version + 1)

    def _event(
        self,
        contract: int,
        name: str,
        *,
        when: tuple[str, str],
        location: str,
        attendees: int,
        notes: str,
        contact: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        self._numbers.events += 1
        signed_at = self.batch.contracts[-1].signed_at or ""
        self.batch.events.append(
            EventRow(
                id=self._numbers.events,
                contract_id=contract,
                name=name,
                event_start=when[0],
                event_end=when[1],
                time_zone=HOME.key,
                location=location,
                attendees=attendees,
                notes=notes,
                support_contact_id=self._kate.id,
                contact_name=contact[0],
                contact_phone=contact[1],
                contact_email=contact[2],
                name_key=fold(name),
                location_key=fold(location),
                created_at=signed_at,
                updated_at=signed_at,
                version=2,
            )
        )


def _at(year: int, month: int, day: int, hour: int = 11) -> str:
    """Write a moment in France as it is stored."""
    return stored(datetime.combine(date(year, month, day), time(hour), HOME))
