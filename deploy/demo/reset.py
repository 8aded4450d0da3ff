"""`make demo-reset`: forget the demo's data. `make clean` (`--everything`): remove what the commands made.

Run by whatever Python the machine has, so: standard library only, and no import from the project.
"""

import fcntl
import shutil
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / ".copse"
DATA = ("postgres", "kafka", "mail", "identity", "secrets", "sessions", "logs", "facts-loaded", "clock")
BUILT = ("services/portal/static/build", "services/portal/assets/node_modules")
CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache")


def main(everything: bool) -> None:
    if not STATE.exists() and not everything:
        print("There is no data to forget.")
        return
    STATE.mkdir(exist_ok=True)
    with (STATE / "system.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Copse is running. Stop it with Ctrl-C where it was started, then try again.")
        places = [STATE / name for name in DATA]
        if everything:
            places = [STATE, *(CHECKOUT / name for name in (*BUILT, *CACHES))]
        for place in places:
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
    print(
        "Everything that was made is gone."
        if everything
        else "The demo's data is gone; the next start is a first start."
    )


if __name__ == "__main__":
    main("--everything" in sys.argv[1:])
