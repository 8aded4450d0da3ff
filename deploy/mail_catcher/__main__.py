"""`python -m deploy.mail_catcher --smtp 127.0.0.1:1025 --http 127.0.0.1:8006` catches mail and shows it."""

import argparse
from pathlib import Path

from deploy.mail_catcher import smtp
from deploy.mail_catcher.caught import Caught
from deploy.mail_catcher.pages import application
from deploy.serve import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.mail_catcher", description=__doc__)
    parser.add_argument("--smtp", default="127.0.0.1:1025", help="HOST:PORT for mail (default: %(default)s)")
    parser.add_argument("--http", default="127.0.0.1:8006", help="HOST:PORT for the pages (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the mails in this folder across restarts")
    chosen = parser.parse_args()
    caught = Caught(chosen.folder)
    host, _, port = chosen.smtp.rpartition(":")
    # The one worker is a fork of this process, and threads do not survive a fork: the SMTP server starts in
    # the worker.
    Server(application(caught), chosen.http, when_forked=lambda: smtp.serve(caught, host, int(port))).run()


if __name__ == "__main__":
    main()
