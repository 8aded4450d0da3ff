"""`python -m shared.cli`: see `shared.cli.main`. A worker is started without what the other commands load."""

import sys

if sys.argv[1:2] == ["worker"]:
    from shared.cli.worker import worker

    sys.exit(worker(sys.argv[2:]))

from shared.cli.main import main

main()
