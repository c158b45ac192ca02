"""Reads revision files before they run: which steps could lose data or stop everybody's work, and the safe way."""

from src.schema.lint.findings import Finding
from src.schema.lint.linter import lint_environment, lint_history, lint_revision, release

__all__ = ["Finding", "lint_environment", "lint_history", "lint_revision", "release"]
