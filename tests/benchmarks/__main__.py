"""`make bench`: measures every row of the design's table of figures on this machine, beside peers where there are any.

    python -m tests.benchmarks                              # everything, about ten minutes
    python -m tests.benchmarks --only store_append rebuild  # some
    python -m tests.benchmarks --ten-million                # history up to 10 million events

Prints each row when it is known and writes them to build/bench.json; the machine and the single rounds go beside it.
A target that is missed is shown, and is no error. The exit status is 1 when a benchmark could not measure.
"""

import argparse
import importlib
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from traceback import print_exc
from types import FrameType

from deploy.embedded.places import CHECKOUT
from deploy.embedded.postgres import Postgres
from tests.benchmarks import machine
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Row, write

BENCHMARKS = (
    "store_append",
    "http_append",
    "relay",
    "consumer",
    "latency",
    "rebuild",
    "fold",
    "history",
    "demo",
)


def main() -> int:
    said = arguments()
    rows: list[Row] = []
    failed: list[str] = []
    began = monotonic()
    signal.signal(signal.SIGTERM, interrupt)
    with (
        TemporaryDirectory(prefix="copse-bench-", ignore_cleanup_errors=True) as folder,
        Postgres(Path(folder) / "postgres") as postgres,
    ):
        bench = Bench(Path(folder), postgres, said.rounds, said.largest_history, said.new_machine)
        facts = machine.facts(postgres.url())
        print("\n".join(f"  {name:<12} {fact}" for name, fact in facts.items()), end="\n\n", flush=True)
        for name in said.only or BENCHMARKS:
            bench.say(f"{name} ({monotonic() - began:.0f} s)")
            try:
                for row in importlib.import_module(f"tests.benchmarks.{name}").run(bench):
                    rows.append(row)
                    print(row.as_line(), flush=True)
            except Exception:
                print_exc()
                failed.append(name)
            write(rows, facts, said.json)  # after each, so that an interrupted run leaves what it knew
    met = sum(row.met for row in rows)
    print(f"\n{met} of {len(rows)} targets met in {monotonic() - began:.0f} s. Written to {said.json}.")
    if failed:
        print(f"Could not measure: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM does what Ctrl-C does: the servers of the run end with it."""
    raise KeyboardInterrupt


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement that takes turns (3)")
    parser.add_argument("--json", type=Path, default=CHECKOUT / "build" / "bench.json", help="where to write")
    sizes = parser.add_mutually_exclusive_group()
    for words, size in ((("--million",), 10**6), (("--ten-million",), 10**7)):
        sizes.add_argument(*words, action="store_const", const=size, dest="largest_history", default=10**6)
    parser.add_argument("--new-machine", action="store_true", help="also `make demo` in a clone that has nothing yet")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
