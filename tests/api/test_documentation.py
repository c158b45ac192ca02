"""What the documentation says is what the server does, and reading it loads nothing from elsewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from src.api.openapi import describe
from src.api.site import every_operation
from tests.api.programs import Programs
from tests.cli.company import Company
from tests.program import HANG_SECONDS

PROJECT = Path(__file__).resolve().parents[2]


def test_the_committed_document_is_the_servers(programs: Programs) -> None:
    committed = json.loads((PROJECT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    served = programs.with_token(None).get("/openapi.json")
    assert served.json() == committed == describe(every_operation())
    assert committed["openapi"].startswith("3.1")


def test_every_operation_has_a_name_a_right_and_a_sentence_of_its_own() -> None:
    operations = every_operation()
    assert len({operation.name for operation in operations}) == len(operations)
    assert len({(operation.method, operation.path) for operation in operations}) == len(operations)
    assert [one.name for one in operations if not one.summary.endswith(".")] == []
    assert {one.name for one in operations if one.right is None} == {"show_me", "list_permissions", "search"}
    assert [one.name for one in operations if one.versioned != (one.method == "PATCH")] == []


def test_the_reference_loads_nothing_from_elsewhere_and_links_only_to_what_is_there(programs: Programs) -> None:
    reader = programs.with_token(None)
    page = reader.get(f"{programs.server.url}/api/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert " style=" not in page.text
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert [address for address in loaded if not address.startswith(("#", "/"))] == []
    anchors = set(re.findall(r' id="([^"]*)"', page.text))
    assert [address for address in loaded if address.startswith("#") and address[1:] not in anchors] == []
    assert {reader.get(programs.server.url + address).status_code for address in loaded if address[0] == "/"} == {200}
    for operation in every_operation():
        assert f'id="{operation.name}"' in page.text
    refused = programs.of("support").post("/clients").json()
    assert refused["type"].removeprefix("/api/docs#") in anchors


EXAMPLES = re.findall(
    r"^```(bash|python)\n(.*?)^```$",
    (PROJECT / "docs" / "api.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: f"{EXAMPLES[number][0]} {number + 1}")
def test_the_examples_of_the_first_page_run(programs: Programs, company: Company, tmp_path: Path, number: int) -> None:
    language, code = EXAMPLES[number]
    environment = {**os.environ, "ADDRESS": programs.server.url, "TOKEN": programs.token_of("sales")}
    if "epicevents token" in code:
        environment |= {
            "DATABASE_URL": programs.company.url,
            "EPICEVENTS_TOKEN": programs.office.people["sales"].token,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
    if "epicevents webhook" in code:
        # On a company that is not served: nobody sends anything to the address of an example.
        environment |= {
            "DATABASE_URL": company.url,
            "EPICEVENTS_TOKEN": company.office.people["management"].token,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
    program = ["bash", "-euo", "pipefail", "-c", code] if language == "bash" else [sys.executable, "-c", code]
    ran = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert "problem" not in ran.stdout


def test_there_are_examples() -> None:
    assert [language for language, _code in EXAMPLES].count("bash") >= 4
    assert "python" in [language for language, _code in EXAMPLES]
