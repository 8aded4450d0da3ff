"""`make demo`: start everything, load the example facts, say what to open, stay until Ctrl-C, stop.

`make demo-check` (`--check`) plays the story against it instead of staying; its status is the story's.
"""

import argparse
import hashlib
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from deploy.demo.configuration import Configuration, NotConfigured, offset
from deploy.demo.progress import Progress
from deploy.demo.sign_in import NotSignedIn
from deploy.demo.system import System
from deploy.embedded.environment import CannotInstall
from deploy.embedded.processes import Failed, Interrupted
from deploy.identity.people import ACCOUNTS

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="play the story, stop, and exit with its status")
    sys.exit(run(check=parser.parse_args().check))


def run(check: bool = False) -> int:
    """The exit status: 0 when all went well. Returns when everything has stopped."""
    console = Console(highlight=False)
    started = time.monotonic()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        system = System(moved_by=offset(), progress=Progress(console))
        console.print("\n[bold]Copse starts on this machine.[/bold]")
        with system:
            load_facts(system.configuration, system.progress)
            seconds = time.monotonic() - started
            if check:
                console.print(f"\nReady after {seconds:.0f} s. Now the story.\n")
                return play(system.configuration)
            console.print(welcome(system.configuration, seconds), soft_wrap=True)
            try:
                system.supervisor.watch()
            finally:
                console.print("\nStopping …")
        return 0
    except (Failed, CannotInstall, NotConfigured) as problem:
        console.print("\n[red]Copse could not go on.[/red]")
        console.print(str(problem), markup=False, soft_wrap=True)
        return 1
    except (KeyboardInterrupt, Interrupted):
        console.print("Stopped.")
        return 130 if check else 0


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM does what Ctrl-C does."""
    raise KeyboardInterrupt


def load_facts(configuration: Configuration, progress: Progress) -> None:
    """The Kent Research Partnership's public facts and the invented people, through the APIs, once."""
    facts = sorted(HERE.glob("facts/*.toml")) + sorted(HERE.glob("*.toml"))
    fingerprint = hashlib.sha256(b"".join(file.read_bytes() for file in facts)).hexdigest()
    loaded = configuration.folder / "facts-loaded"
    if loaded.exists() and loaded.read_text() == fingerprint:
        return
    with progress.step("example facts and people"):
        from deploy.demo.client import NotSo
        from deploy.demo.load import load

        try:
            load(configuration)
        except (NotSo, NotSignedIn) as problem:
            raise Failed(f"The example facts could not be loaded. {problem}") from problem
    loaded.write_text(fingerprint)


def play(configuration: Configuration) -> int:
    from deploy.demo.story import play as play_story

    return play_story(configuration)


def welcome(configuration: Configuration, seconds: float) -> str:
    """What to open and who to be."""
    width = max(len(account.username) for account in ACCOUNTS)
    people = "\n".join(
        f"    {account.username:{width}}  {', '.join((account.name, *account.roles))}" for account in ACCOUNTS
    )
    return f"""
[green]Copse is ready[/green] after {seconds:.0f} s.

  The portal          [bold]{configuration.portal}[/bold]
  Mails that it sent  [bold]{configuration.mail}[/bold]
  Logs and data       {configuration.folder}

  Sign in with the password [bold]{configuration.password}[/bold] as

{people}

  These people are invented. `make demo-reset` forgets the data; Ctrl-C stops everything.
"""


if __name__ == "__main__":
    main()
