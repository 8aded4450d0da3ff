"""`python -m tests.chaos.launched web membership ...`: the same as `shared.cli`, in a process that can be made to die.

`python -m tests.chaos.launched mail ...` is the mail catcher, which here forgets no mail.
"""

import os
import sys
from typing import NoReturn

from flask import Flask

from tests.chaos import fail_points, sabotage

_APP, _OURS = "shared.cli.web:app(", "tests.chaos.launched:app("


def app(name: str) -> Flask:
    """What gunicorn imports, in its worker process."""
    from shared.cli.web import app as made

    _prepare()
    return made(name)


def main() -> None:
    if sys.argv[1] == "mail":
        _catch_mail()
        return
    from shared.cli.main import main as command

    if sys.argv[1] == "web":
        os.execv = _execute  # type: ignore[assignment]  # gunicorn takes this process's place
    else:
        _prepare()
    command()


def _prepare() -> None:
    fail_points.install()
    sabotage.install(os.environ.get(sabotage.CHOSEN, ""))


def _execute(program: str, words: list[str], really: object = os.execv) -> NoReturn:
    ours = [word.replace(_APP, _OURS) for word in words]
    if ours == words:
        raise fail_points.NoSuchPlace(f"gunicorn is not started with {_APP}: {words}")
    os.execve(program, ours, os.environ)  # noqa: S606


def _catch_mail() -> None:
    from deploy.mail_catcher import caught
    from deploy.mail_catcher.__main__ import main as catch

    caught.MOST = sys.maxsize
    del sys.argv[1]
    catch()


if __name__ == "__main__":
    main()
