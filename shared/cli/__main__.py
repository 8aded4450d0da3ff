"""`python -m shared.cli`: see `shared.cli.main`."""

from shared.cli.main import main

main()
