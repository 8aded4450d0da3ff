"""`copse keyring`: what is done with the keyring as a whole."""

from typing import Annotated

import typer

from shared.cli.output import JSON, tell, tell_json
from shared.cli.services import plainly

app = typer.Typer(no_args_is_help=True, help="The keyring: giving it another master key.")


@app.callback()
def keyring() -> None:
    """The keyring: giving it another master key."""


@app.command()
def rotate(as_json: Annotated[bool, JSON] = False) -> None:
    """Wraps every key under KEYRING_MASTER_KEY that was wrapped under KEYRING_SECOND_MASTER_KEY. Safe to repeat.

    All of them in one transaction, or none. Events stay as they are. Services go on, if they have both keys.
    """
    from shared.configuration import Environment
    from shared.database.pool import Database
    from shared.errors import CannotGoOn
    from shared.privacy.keyring import Keyring, WrongMasterKey

    with plainly():
        environment = Environment()
        url = environment.text("KEYRING_DATABASE_URL")
        master, second = environment.master_key(), environment.second_master_key()
        environment.check()
        database = Database(url, application="copse-rotate", size=1, statement_seconds=600)
        try:
            rewrapped = Keyring(database, master or b"", second).rotate()
        except WrongMasterKey:
            raise CannotGoOn(
                "Nothing was changed: a key of this keyring opens neither with KEYRING_MASTER_KEY nor with"
                " KEYRING_SECOND_MASTER_KEY. Set the second one to the master key that was in use until now."
            ) from None
        finally:
            database.close()
    if as_json:
        tell_json({"wrapped_anew": rewrapped})
    else:
        tell(
            f"{rewrapped} keys are wrapped under the new master key."
            if rewrapped
            else "Nothing to do: every key is wrapped under KEYRING_MASTER_KEY."
        )
