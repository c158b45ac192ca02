"""`make check`: no revision may lose data or stop everybody's work without saying so."""

import sys
from pathlib import Path

from src.schema.lint import lint_environment, lint_history

MIGRATIONS = Path(__file__).absolute().parent.parent / "migrations"


def main() -> int:
    """Print every finding; fails if there is one."""
    findings = lint_history(MIGRATIONS / "versions") + lint_environment(MIGRATIONS / "env.py")
    for finding in findings:
        print(finding)
    print(f"Migrations: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
