"""A stranger who knows nothing but the OpenAPI document: Schemathesis, all its checks, as each department and nobody.

It asks what the document allows and what it forbids, and compares every answer with what the document promises.
`make fuzz` asks for long: more than ten thousand requests.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from src.api.site import every_operation
from tests.api.programs import Programs
from tests.api.test_any_request import APART, WHO
from tests.program import HANG_SECONDS

ASK = [str(Path(sys.executable).parent / "st"), "--config-file", str(Path(__file__).with_name("schemathesis.toml"))]
# What ends somebody's account, or the token with which the stranger asks.
ENDING = "|".join(sorted(APART))
# The long profile of Hypothesis has a hundred times the examples of the usual one; this one more for each operation.
EXAMPLES = max(1, settings().max_examples // (len(WHO) * len(every_operation())))
IS_LONG = EXAMPLES > 1
PHASES = "examples,coverage,fuzzing" if IS_LONG else "fuzzing"


@pytest.mark.hypothesis
@pytest.mark.parametrize("who", WHO if IS_LONG else WHO[-1:])
def test_a_stranger_gets_only_answers_that_the_document_promises(programs: Programs, tmp_path: Path, who: str) -> None:
    token = "eecrm_nobody" if who == "nobody" else programs.token_of(who)
    asked = subprocess.run(
        [
            *ASK,
            "run",
            f"{programs.server.url}/api/v1/openapi.json",
            *("--header", f"Authorization: Bearer {token}"),
            *("--exclude-operation-id-regex", f"^({ENDING})$"),
            *("--phases", PHASES, "--max-examples", str(EXAMPLES), "--checks", "all"),
            *("--continue-on-failure", "--no-shrink", "--seed", "1", "--warnings", "off"),
            *("--request-timeout", str(HANG_SECONDS)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout[-10_000:] + asked.stderr
    [generated] = re.findall(r"(\d+) generated", asked.stdout)
    assert int(generated) >= EXAMPLES * (len(every_operation()) - len(APART)) / 2, asked.stdout[-2000:]
