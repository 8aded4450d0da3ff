"""`python -m tests.chaos.run --kills 20 --seed 7`: people send commands while processes and servers are killed.

The last line says what came of it: `kills N, acknowledged N, lost 0, doubled 0, diverged 0`. Exit status 0 only then,
and when all was harmed that was to be.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import SystemRandom

from rich.console import Console

from deploy.demo.progress import Progress
from tests.chaos import fail_points, sabotage
from tests.chaos.checks import Found, Tables, check
from tests.chaos.house import House
from tests.chaos.ledger import Ledger
from tests.chaos.plan import WHOLE, Freeze, Harm, Kill, KillAt, plan, rivals
from tests.chaos.quiet import NotQuiet, compare, wait_until_quiet
from tests.chaos.workload import Workload
from tests.system import free_offset

_PROGRESS_LIMIT = 5.0
_POINT_LIMIT = 15.0
_CORE_POINT_LIMIT = 60.0
_BEGINNING_LIMIT = 30.0
_UP_LIMIT = 200.0
_FIRST = 12
"""So many differences of each kind are told."""


class Run:
    """One run from the start of everything to the last line."""

    def __init__(self, kills: int, seed: int, folder: Path, broken: str, pause: float) -> None:
        self.harms = plan(seed, kills)
        self.house = House(folder, free_offset(), Progress(Console(highlight=False)), rivals(kills), broken)
        self.ledger = Ledger(folder / "acknowledged.jsonl")
        self.seed, self.kills, self.pause = seed, kills, pause
        self.killed, self.frozen, self.prepared = 0, 0, False
        self.outright: Counter[str] = Counter()
        self.began = time.monotonic()

    def play(self) -> bool:
        """Whether everything was as it should be."""
        try:
            self.house.start()
            os.environ.update(self.house.environment())
            workload = Workload(self.house.configuration, self.ledger, self.house.hour, self.seed, self.pause)
            self.prepared = workload.prepare()
            if self.prepared:
                self.say(f"{len(self.ledger)} commands to begin with; the harm begins")
                workload.start()
                for harm in self.harms:
                    self._do(harm)
            found = self._end(workload)
        finally:
            self.house.stop()
        return self._tell(found, workload)

    # Harm.

    def _do(self, harm: Harm) -> None:
        time.sleep(harm.pause)
        self._wait_for_progress()
        came = ""
        match harm:
            case Kill():
                self.house.kill(harm.target, harm.down_for)
                self.killed += 1
            case Freeze():
                self.house.freeze(harm.target, harm.seconds)
                self.frozen += 1
            case KillAt():
                if not self._kill_at(harm):
                    came = "  (nobody came by: killed outright)"
                    self.outright[harm.point.name] += 1
                self.killed += 1
        self.say(f"{harm}{came}   down: {', '.join(self.house.down()) or 'nothing'}")

    def _wait_for_progress(self) -> None:
        """Something is acknowledged between two harms, or they only ever meet processes that are starting."""
        before, until = len(self.ledger), time.monotonic() + _PROGRESS_LIMIT
        while len(self.ledger) == before and time.monotonic() < until:
            time.sleep(0.02)

    def _kill_at(self, harm: KillAt) -> bool:
        """False when nobody came by in time, and a process was killed outright instead."""
        if harm.point.name.startswith(("relay", "consumer")):
            self.house.wait_for_kafka(_UP_LIMIT)  # nobody comes by these without it
        fired = self._dies_there(harm, harm.nth, _BEGINNING_LIMIT if harm.point.at_start else _POINT_LIMIT)
        if not fired and harm.point.core:
            # Every run must try it. What people do next may have waited for Kafka, which comes back late on a busy
            # machine.
            self.house.wait_for_kafka(_UP_LIMIT)
            fired = self._dies_there(harm, 1, _CORE_POINT_LIMIT)
        if not fired:
            process = "worker" if harm.point.process == "rebuild" else harm.point.process
            self.house.kill(f"{harm.service}-{process}", 0)
        return fired

    def _dies_there(self, harm: KillAt, nth: int, limit: float) -> bool:
        """Whether a process came by for the `nth` time within so many seconds, and died."""
        before, file = self._fired_so_far(), self.house.armed_by(harm.target)
        self._arm(file, harm, nth)
        if harm.point.at_start:
            self.house.start_again(harm.target)
        rebuild, until = None, time.monotonic() + limit
        while self._fired_so_far() == before and time.monotonic() < until:
            if harm.point.process == "rebuild" and not (rebuild and rebuild.running):
                # Again, when one gave up before it came there: a server was down, or a lock was held too long.
                rebuild = self.house.rebuild(harm.service, harm.projection)
            time.sleep(0.02)
        fired = self._fired_so_far() > before or not fail_points.disarm(file)
        if rebuild:
            rebuild.kill()
        return fired

    def _arm(self, file: Path, harm: KillAt, nth: int) -> None:
        if harm.turned_by and not self.house.hour.times_turned:
            with self.house.hour.turned_after(harm.turned_by):
                fail_points.arm(file, harm.point, nth)
        else:
            fail_points.arm(file, harm.point, nth)

    def _fired(self) -> Counter[str]:
        return Counter(self.house.fired.read_text().splitlines() if self.house.fired.exists() else [])

    def _fired_so_far(self) -> int:
        return self._fired().total()

    # The end.

    def _end(self, workload: Workload) -> Found:
        self.house.thaw_all()
        self.say("the harm is over; everything comes up")
        self.house.wait_until_up(_UP_LIMIT)
        stopped = workload.stop(_UP_LIMIT)
        self.say(f"{len(self.ledger)} commands are acknowledged; waiting until nothing is on its way")
        restless = ""
        try:
            wait_until_quiet(120 + 2 * self.kills, self.say)
        except NotQuiet as still:
            restless = f"never came to rest: {still}"
        with Tables(self.house.postgres.url) as tables:
            found = check(self.ledger, tables, self.house.folder / "mail", self.house.hour.now())
        found.diverged += compare(self.say)
        found.diverged += [f"an answer that no client should get: {each}" for each in self.ledger.unexpected]
        if restless:
            found.lost.append(restless)
        if not stopped:
            found.lost.append("somebody's command was not answered")
        return found

    def _tell(self, found: Found, workload: Workload) -> bool:
        self._tell_points()
        tries = sum(each.tries - 1 for each in self.ledger.entries)
        print(f"Commands sent again because no answer came: {tries}; repeated on purpose: {self.ledger.repeated}.")
        print(f"Mails: {found.mails}, of which {found.mails_again} were sent again (same Message-ID).")
        print(f"Freezes: {self.frozen}. Timers that were due: {found.timers}.")
        for what, how_often in Counter(self.house.ended_by_themselves).items():
            print(f"Ended by itself, and was started again ({how_often} times): {what}")
        for why in workload.given_up[:_FIRST]:
            print(f"A story was given up: {why}")
        clean = True
        for name, sentences in (("lost", found.lost), ("doubled", found.doubled), ("diverged", found.diverged)):
            clean = clean and not sentences
            for sentence in sentences[:_FIRST]:
                print(f"{name}: {sentence}")
        gaps = self._gaps(found)
        clean = clean and not gaps
        if not clean:
            print(f"Look at {self.house.folder}: logs/, acknowledged.jsonl, points/fired. Again: SEED={self.seed}.")
        if gaps:
            print(f"This run proves too little: {'; '.join(gaps)}.")
        counts = (len(self.ledger), len(found.lost), len(found.doubled), len(found.diverged))
        told = "kills {}, acknowledged {}, lost {}, doubled {}, diverged {}"
        print(told.format(self.killed, *counts), flush=True)
        return clean

    def _gaps(self, found: Found) -> list[str]:
        """Why nothing is proven although nothing is lost: where no harm is done, no harm comes. A short run need not
        have harmed everything."""
        gaps = []
        if not self.prepared:
            gaps.append("the preparation was given up, so that there was nothing to harm")
        if self.killed < self.kills:
            gaps.append(f"{self.killed} of {self.kills} kills were done")
        if not len(self.ledger):
            gaps.append("no command was acknowledged")
        if self.kills < WHOLE:
            return gaps
        if missed := self._missed():
            gaps.append(f"nobody died at {', '.join(f'“{name}”' for name in missed)}")
        if self.house.hour.times_turned and not found.timers:
            gaps.append("the clock was turned, and no timer was due")
        return gaps

    def _tell_points(self) -> None:
        fired = self._fired()
        print("Fail-points that fired:")
        for point in fail_points.POINTS:
            outright = f"  (not reached in time: {self.outright[point.name]})" if self.outright[point.name] else ""
            print(f"  {fired[point.name]:>4}  {point.name}{outright}")
        if missed := self._missed():
            print(f"Never fired in this run, although everyone should: {', '.join(missed)}")

    def _missed(self) -> list[str]:
        fired = self._fired()
        return [point.name for point in fail_points.POINTS if point.core and not fired[point.name]]

    def say(self, text: str) -> None:
        """One line of progress."""
        seconds = time.monotonic() - self.began
        counts = f"kills {self.killed:>3}/{self.kills}  acknowledged {len(self.ledger):>5}"
        print(f"{seconds:>7.1f} s  {counts}  {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many processes to kill (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the same gives the same harm in the same order")
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between two commands of a person")
    parser.add_argument(
        "--sabotage", default="", choices=["", *sabotage.KINDS], help="break a promise, to see it found out"
    )
    parser.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")
    chosen = parser.parse_args()
    seed = SystemRandom().randrange(1_000_000) if chosen.seed is None else chosen.seed
    if chosen.plan:
        print("\n".join(map(str, plan(seed, chosen.kills))))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped then, too
    folder = Path(tempfile.mkdtemp(prefix="copse-chaos-"))
    print(f"KILLS={chosen.kills} SEED={seed}, in {folder}", flush=True)
    clean = False
    try:
        clean = Run(chosen.kills, seed, folder, chosen.sabotage, chosen.pause).play()
    finally:
        if clean:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
