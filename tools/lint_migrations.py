"""`make check`: no revision may lose data or stop everybody's work without saying so.

`python -m tools.lint_migrations --release` notes the revisions as they are: whichever is edited later is a finding.
"""

import argparse
import sys
from pathlib import Path

from src.schema.lint import lint_environment, lint_history, release

MIGRATIONS = Path(__file__).absolute().parent.parent / "migrations"


def main() -> int:
    """Print every finding; fails if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint_migrations", description=__doc__)
    parser.add_argument("--release", action="store_true", help="note the revisions as published first")
    if parser.parse_args().release:
        release(MIGRATIONS / "versions")
    findings = lint_history(MIGRATIONS / "versions") + lint_environment(MIGRATIONS / "env.py")
    for finding in findings:
        print(finding)
    print(f"Migrations: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
