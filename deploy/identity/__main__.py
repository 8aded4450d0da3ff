"""`python -m deploy.identity --bind 127.0.0.1:8005` serves the demonstration's identity provider."""

import argparse

from deploy.identity.application import application
from deploy.identity.settings import Settings
from deploy.serve import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.identity", description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1:8005", help="HOST:PORT to listen on (default: %(default)s)")
    Server(application(Settings.from_environment()), parser.parse_args().bind).run()


if __name__ == "__main__":
    main()
