# The project's commands. Anything longer than a line lives in tools/.
.DEFAULT_GOAL := help
.PHONY: help install demo test check ruff format-check mypy layers migrations translations docs format bench crash fuzz screenshots lock clean

# What runs from here writes bytecode into this folder only; without it every start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

# More words for the program behind a target: make test ARGS="-k contract -x"
ARGS =
python = .venv/bin/python

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: ## Install everything the program and its tests need into .venv
	@found=$$(sh tools/find_python.sh) && "$$found" -m tools.install

demo: install ## Load the demo company, show what each department sees and, at a terminal, serve it to a browser
	@.venv/bin/epicevents demo start $(ARGS)

# Three workers on two cores, as tests wait for the programs that they start and for the disk.
test: install ## Run all tests on SQLite and PostgreSQL (ARGS="-k word" for some)
	nice $(python) -m pytest -n 3 --dist worksteal $(ARGS)

check: install ruff format-check mypy layers migrations translations docs ## Run the quality gates: style, types, layers, migrations, translations, docs
	@echo "All checks passed."

ruff: install
	$(python) -m ruff check .

format-check: install
	$(python) -m ruff format --check .

mypy: install
	$(python) -m mypy

layers: install
	.venv/bin/lint-imports

migrations: install
	$(python) -m tools.lint_migrations

translations: install
	$(python) -m tools.check_translations

docs: install
	$(python) -m tools.generate_docs --check

format: install ## Put the code in the project's style
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

bench: install ## Measure the program against the floor of this machine
	nice $(python) -m benchmarks $(ARGS)

crash: install ## Kill writers, upgrades and holders of locks everywhere, restore and damage backups, and count what was lost
	nice $(python) -m tests.crash $(ARGS)

fuzz: install ## Run the property tests with 100 times the examples
	nice $(python) -m pytest -n 2 --dist worksteal -m hypothesis --hypothesis-profile=long -o faulthandler_timeout=7200 $(ARGS)

screenshots: install ## Take the pictures of the READMEs again (docs/screenshots)
	$(python) -m tools.screenshots

lock: ## Bring poetry.lock up to date with pyproject.toml
	@found=$$(sh tools/find_python.sh) && "$$found" -m tools.poetry lock $(ARGS)

clean: ## Remove what was installed and cached; databases, backups and .env stay
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools migrations benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
