"""The ways into the CRM, each driven as its users drive it, behind one protocol: a step of work in, an outcome out.

A new interface is a new class here; the story that is played through all of them does not change.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tests.api.programs import Programs
from tests.cli.company import Company
from tests.services.office import DEPARTMENTS
from tests.web.servers import Server, Visitor, fields_of, unescaped

# What became of a step, told by an exit code or a status.
OF_EXIT_CODE = {0: "done", 3: "log in", 4: "forbidden", 5: "not found", 6: "conflict", 7: "wrong value", 8: "rule"}
OF_STATUS = {303: "done", 401: "log in", 403: "forbidden", 404: "not found", 409: "conflict", 422: "wrong value"}


@dataclass(frozen=True)
class Step:
    """What one person does: a verb of the rights matrix, about a record, with what they type.

    `outcome` is what must become of it; `makes` is the name by which the story calls the record that was made.
    """

    who: str
    verb: str
    about: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    outcome: str = "done"
    makes: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.verb} {self.about} {dict(self.typed)}"


@dataclass(frozen=True)
class Outcome:
    """What became of a step: in one word, in a sentence if it was refused, and the number of what it made."""

    word: str
    sentence: str = ""
    made: int = 0


class Interface(Protocol):
    """A way into the CRM. `name` is what the audit log calls it."""

    name: str

    def do(self, step: Step, numbers: Mapping[str, int]) -> Outcome:
        """Let a person do a step; `numbers` are the records of the story by their names."""
        ...


class CommandLine:
    """Commands, typed as people type them."""

    name = "cli"
    # What is given by position, and the options that are not called as the field is.
    _COMMANDS: Mapping[str, str] = {
        "client.create": "client add",
        "client.update": "client edit {about}",
        "client.log_contact": "client contacted {about}",
        "client.reassign": "client reassign {about} {sales_contact}",
        "contract.create": "contract add --client {about}",
        "contract.update": "contract edit {about}",
        "contract.send": "contract send {about}",
        "contract.sign": "contract sign {about}",
        "contract.record_payment": "contract pay {about} {amount}",
        "contract.refund": "contract refund {about} {amount} --yes",
        "contract.amend": "contract amend {about}",
        "contract.cancel": "contract cancel {about} --yes",
        "event.create": "event add --contract {about}",
        "event.update": "event edit {about}",
        "event.assign_support": "event assign {about} {support_contact}",
        "event.clear_support": "event unassign {about}",
    }
    _OPTIONS: Mapping[str, str] = {
        "company_name": "company",
        "event_start": "start",
        "event_end": "end",
        "received_on": "on",
        "day": "on",
    }

    def __init__(self, company: Company) -> None:
        self.company = company

    def do(self, step: Step, numbers: Mapping[str, int]) -> Outcome:
        """Type the command."""
        command, facts = self._COMMANDS[step.verb], {**step.typed, "about": str(numbers.get(step.about, 0))}
        words = [word.format(**facts) for word in command.split()]
        for name, value in step.typed.items():
            if f"{{{name}}}" not in command:
                words += [f"--{self._OPTIONS.get(name, name).replace('_', '-')}", value]
        answer = self.company.run(None if step.who == "nobody" else step.who, *words, "--json")
        word = OF_EXIT_CODE.get(answer.code, f"exit code {answer.code}: {answer.err}")
        if word != "done":
            return Outcome("conflict" if word == "rule" else word, answer.json_error)
        return Outcome(word, made=int(json.loads(answer.out)["id"]))


class Browser:
    """Pages and forms, opened and sent as a browser does it: only what somebody types differs from what was shown."""

    name = "web"
    _FORMS: Mapping[str, str] = {
        "client.create": "/clients/new",
        "client.update": "/clients/{about}/edit",
        "client.log_contact": "/clients/{about}/contact",
        "client.reassign": "/clients/{about}/reassign",
        "contract.create": "/clients/{about}/contracts/new",
        "contract.update": "/contracts/{about}/edit",
        "contract.send": "/contracts/{about}/send",
        "contract.sign": "/contracts/{about}/sign",
        "contract.record_payment": "/contracts/{about}/pay",
        "contract.refund": "/contracts/{about}/refund",
        "contract.amend": "/contracts/{about}/amend",
        "contract.cancel": "/contracts/{about}/cancel",
        "event.create": "/contracts/{about}/events/new",
        "event.update": "/events/{about}/edit",
        "event.assign_support": "/events/{about}/assign",
        "event.clear_support": "/events/{about}/assign",
    }

    def __init__(self, server: Server) -> None:
        self.server = server
        self.visitors: dict[str, Visitor] = {}

    def do(self, step: Step, numbers: Mapping[str, int]) -> Outcome:
        """Open the form, fill it in and send it; whoever is not even shown it has their answer."""
        visitor, path = self._visitor(step.who), self._FORMS[step.verb].format(about=numbers.get(step.about, 0))
        opened = visitor.get(path)
        if opened.status_code in {403, 404}:
            return Outcome(OF_STATUS[opened.status_code], _sentence(opened.text))
        form = fields_of(opened.text, path) if opened.status_code == 200 else {}
        form |= {name: value for name, value in step.typed.items() if name != "day"}
        if "day" in step.typed:
            form["at"] = f"{step.typed['day']} 00:00"  # a day begins at midnight
        if step.verb == "event.clear_support":
            form["support_contact"] = "nobody"
        answer = visitor.send_form(path, **form)
        word = OF_STATUS.get(answer.status_code, f"status {answer.status_code}")
        if word != "done":
            return Outcome(word, _sentence(answer.text))
        return Outcome(word, made=int(answer.headers["location"].rpartition("/")[2]))

    def _visitor(self, who: str) -> Visitor:
        if who not in self.visitors:
            self.visitors[who] = self.server.visitor() if who == "nobody" else self.server.at_work(who)
        return self.visitors[who]


class Program:
    """Requests of a program with a token, as the API's own pages tell programs to make them."""

    name = "api"
    _OPERATIONS: Mapping[str, str] = {
        "client.create": "POST /clients",
        "client.update": "PATCH /clients/{about}",
        "client.log_contact": "POST /clients/{about}/contacts",
        "client.reassign": "POST /clients/{about}/reassign",
        "contract.create": "POST /contracts client_id",
        "contract.update": "PATCH /contracts/{about}",
        "contract.send": "POST /contracts/{about}/send",
        "contract.sign": "POST /contracts/{about}/sign",
        "contract.record_payment": "POST /contracts/{about}/payments",
        "contract.refund": "POST /contracts/{about}/refunds",
        "contract.amend": "POST /contracts/{about}/amend",
        "contract.cancel": "POST /contracts/{about}/cancel",
        "event.create": "POST /events contract_id",
        "event.update": "PATCH /events/{about}",
        "event.assign_support": "POST /events/{about}/assign",
        "event.clear_support": "POST /events/{about}/unassign",
    }

    def __init__(self, server: Server) -> None:
        self.programs = Programs(server)
        for who in DEPARTMENTS:
            self.programs.token_of(who)

    def do(self, step: Step, numbers: Mapping[str, int]) -> Outcome:
        """Send the request; what is changed is read first, as its version must be told."""
        program = self.programs.with_token(None) if step.who == "nobody" else self.programs.of(step.who)
        method, path, *about = self._OPERATIONS[step.verb].format(about=numbers.get(step.about, 0)).split()
        body, headers = self._body(step), {}
        body |= dict.fromkeys(about, numbers.get(step.about, 0))
        if "key" in body:
            headers["idempotency-key"] = str(body.pop("key"))
        version = body.pop("version", None)
        if method == "PATCH":
            read = program.get(path)
            headers["if-match"] = f'"{version}"' if version else read.headers.get("etag", '"1"')
        answer = program.request(method, path, json=body, headers=headers)
        if answer.is_success:
            return Outcome("done", made=int(answer.json()["id"]))
        word = {412: "conflict"}.get(answer.status_code) or OF_STATUS.get(answer.status_code, answer.text)
        return Outcome(word, answer.json()["detail"])

    def _body(self, step: Step) -> dict[str, object]:
        # Programs know people by their numbers, and a day by the moment at which it begins.
        body: dict[str, object] = {name: value for name, value in step.typed.items() if name != "day"}
        if "day" in step.typed:
            body["at"] = f"{step.typed['day']} 00:00"
        people = {name: person.id for name, person in self.programs.office.people.items()}
        people["sales.spare"] = self.programs.office.spare_sales
        for name in ("sales_contact", "support_contact"):
            if name in body:
                body[f"{name}_id"] = people[str(body.pop(name))]
        return body


def _sentence(page: str) -> str:
    found = re.search(r'class="notice bad".*?<p>(?:<strong>)?(.*?)(?:</strong>)?</p>', page, re.DOTALL)
    found = found or re.search(r"</h1>\s*<p>(.*?)</p>", page, re.DOTALL)
    assert found, page
    return unescaped(found[1])
