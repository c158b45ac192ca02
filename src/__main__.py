"""Where `epicevents` and `python -m src` begin."""

import sys


def main() -> int:
    """Run one command of the CRM and give its exit code."""
    try:
        # Imported here so that Ctrl-C during the imports ends as quietly as anywhere else.
        from src.cli.start import run  # noqa: PLC0415 - see above

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        from src.cli.outcome import report_interruption  # noqa: PLC0415 - needed only now

        return report_interruption()


if __name__ == "__main__":
    sys.exit(main())
