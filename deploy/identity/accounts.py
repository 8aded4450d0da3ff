"""Puts the demonstration's people, groups and clients into canaille's memory at every start."""

from canaille.app import models
from canaille.backends import Backend

from deploy.identity.people import ACCOUNTS, Account
from deploy.identity.settings import Settings

SCOPES = ["openid", "profile", "email", "groups"]
# The command line's own client. It is public (RFC 8252) and nothing listens at its address: the code is read
# from the redirect itself, see deploy/demo/sign_in.py.
CLI_CLIENT = "copse-cli"
CLI_REDIRECT = "http://127.0.0.1:8009/callback"


def create(settings: Settings) -> None:
    """Put people, groups and clients into the provider's memory, with the same ids at every start."""
    people = {account.username: create_person(account, settings.password) for account in ACCOUNTS}
    for role in sorted({role for account in ACCOUNTS for role in account.roles}):
        members = [people[account.username] for account in ACCOUNTS if role in account.roles]
        Backend.instance.save(models.Group(id=role, display_name=role, members=members))
    create_clients(settings)


def create_person(account: Account, password: str) -> models.User:
    given, _, family = account.name.removeprefix("Dr ").partition(" ")
    person = models.User(
        id=account.username,
        user_name=account.username,
        formatted_name=account.name,
        given_name=given,
        family_name=family,
        display_name=account.name,
        emails=[account.email],
        password=password,
    )
    Backend.instance.save(person)
    return person


def create_clients(settings: Settings) -> None:
    """The portal and the command line. The algorithm is meant for ID tokens."""
    portal = models.Client(
        id=settings.portal_client_id,
        client_id=settings.portal_client_id,
        client_secret=settings.portal_client_secret,
        client_name="Copse",
        client_uri=settings.portal_url,
        redirect_uris=[f"{settings.portal_url}/sign-in/return"],
        post_logout_redirect_uris=[f"{settings.portal_url}/"],
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        id_token_signed_response_alg="RS256",  # noqa: S106
        scope=SCOPES,
    )
    command_line = models.Client(
        id=CLI_CLIENT,
        client_id=CLI_CLIENT,
        client_name="Copse command line",
        client_uri=CLI_REDIRECT,
        redirect_uris=[CLI_REDIRECT],
        token_endpoint_auth_method="none",  # noqa: S106
        grant_types=["authorization_code"],
        response_types=["code"],
        id_token_signed_response_alg="RS256",  # noqa: S106
        scope=SCOPES,
    )
    for client in (portal, command_line):
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
