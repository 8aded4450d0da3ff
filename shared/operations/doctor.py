"""Finds the commonest mistakes of a set-up: what `copse doctor` says is wrong, and what to do about each.

Every check stands for itself and changes nothing: one that cannot look, because another's mistake is in its way, is
left out and says so.
"""

import smtplib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import requests

from shared.configuration import Environment, Misconfigured, Settings
from shared.database.pool import Database, Transaction
from shared.errors import CannotGoOn
from shared.identity.tokens import InvalidToken, ProviderUnavailable, TokenVerifier
from shared.operations.migrations import missing_migrations
from shared.operations.restored import was_restored
from shared.operations.service_status import held_by, told_holder
from shared.operations.topics import check_topics
from shared.operations.watched import Watched, database_url
from shared.privacy.keyring import Keyring, WrongMasterKey
from shared.service import Service
from shared.streaming.broker import Broker
from shared.streaming.topics import makes_topics_by_itself

OLDEST_POSTGRES = 14  # older ones get no corrections any more
_CLOCKS_APART_SECONDS = 5.0
_HELD_SECONDS = 5.0  # a command's transaction takes milliseconds
_PATIENCE_SECONDS = 5

Verdict = Literal["well", "wrong", "not looked at"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `do` is empty unless something is wrong."""

    check: str
    verdict: Verdict
    says: str
    do: str = ""


def examine(
    services: Sequence[Service],
    unknown: Sequence[str] = (),
    token: str | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Makes every check. `unknown` are names with a database and no service here; `token` is an access token to try."""
    findings: list[Finding] = []
    for check in (
        partial(_settings, services, unknown),
        partial(_databases, services),
        partial(_servers, services),
        _keyring,
        partial(_kafka, services),
        partial(_sign_in, token),
        _mail,
    ):
        for finding in check():
            told(f"{finding.check}: {finding.verdict}")
            findings.append(finding)
    return findings


def _settings(services: Sequence[Service], unknown: Sequence[str]) -> Iterator[Finding]:
    mistakes: list[str] = []
    for service in services:
        for read in (partial(Settings.read, service.name), service.own_settings):
            try:
                read()
            except Misconfigured as error:
                mistakes += error.mistakes
        environment = Environment()
        database_url(environment, service.name)
        mistakes += environment.mistakes
    environment = Environment()
    database_url(environment, "keyring")
    mistakes += environment.mistakes
    do = "Correct it in the environment of the web and worker processes, and start them again."
    for mistake in dict.fromkeys(mistakes):
        yield Finding("settings", "wrong", mistake, do)
    for name in unknown:
        yield Finding("settings", "wrong", f"{name.upper()}_DATABASE_URL is set, and there is no service {name}.", do)
    if not services:
        yield Finding(
            "settings", "wrong", "No service's database is set.", "Set MEMBERSHIP_DATABASE_URL and its sisters."
        )
    elif not mistakes and not unknown:
        yield Finding("settings", "well", f"complete for {', '.join(each.name for each in services)}")


def _databases(services: Sequence[Service]) -> Iterator[Finding]:
    for service in services:
        environment = Environment()
        url = database_url(environment, service.name)
        if not url:
            yield Finding(f"PostgreSQL of {service.name}", "not looked at", "its address is missing or malformed")
            continue
        yield from _database(service.name, url, partial(_schema, service))


def _database(name: str, url: str, schema: Callable[[Transaction], Iterator[Finding]]) -> Iterator[Finding]:
    check = f"PostgreSQL of {name}"
    with closing(Database(url, application="copse-doctor", size=1)) as database:
        try:
            with database.transaction() as db:
                yield _version(check, int(db.value(str, "show server_version_num") or 0))
                yield _primary(name, db)
                yield _clock(name, db)
                yield _horizon(name, db)
                yield from schema(db)
        except CannotGoOn as error:
            yield Finding(check, "wrong", str(error), f"Start it, or set {name.upper()}_DATABASE_URL to where it is.")


def _version(check: str, number: int) -> Finding:
    """`number` is as PostgreSQL says it: 170004 for 17.4."""
    version = number // 10_000
    if version < OLDEST_POSTGRES:
        do = f"Move to PostgreSQL {OLDEST_POSTGRES} or newer; 17 is what Copse is tested with."
        return Finding(check, "wrong", f"this is PostgreSQL {version}, which is too old", do)
    return Finding(check, "well", f"PostgreSQL {version} answers")


def _primary(name: str, db: Transaction) -> Finding:
    check = f"role of {name}'s PostgreSQL"
    if db.value(bool, "select pg_is_in_recovery()"):
        says = "it is a replica: it takes no events, and what it shows may be older than what was acknowledged"
        do = f"Set {name.upper()}_DATABASE_URL to the primary. Before one is promoted: docs/how-to/restore-a-backup.md"
        return Finding(check, "wrong", says, do)
    return Finding(check, "well", "it is a primary")


def _servers(services: Sequence[Service]) -> Iterator[Finding]:
    """Not wrong, and worth knowing when readers stand still: the horizon is one for all databases of a server."""
    found: dict[str, list[str]] = {}
    for name in [*(each.name for each in services), "keyring"]:
        if (url := database_url(Environment(), name)) and (server := _server(url)):
            found.setdefault(server, []).append(name)
    for names in found.values():
        if len(names) > 1:
            together = f"{', '.join(names[:-1])} and {names[-1]}"
            says = f"{together} share one: a transaction that is open in any of its databases holds up readers in all"
            yield Finding("PostgreSQL servers", "well", says)


def _server(url: str) -> str | None:
    """Which server answers there; a copy of its files has the same identifier, and started at another time."""
    with closing(Database(url, application="copse-doctor", size=1)) as database:
        try:
            with database.statement() as db:
                return db.value(
                    str, "select concat(system_identifier, pg_postmaster_start_time()) from pg_control_system()"
                )
        except CannotGoOn:
            return None


def _clock(name: str, db: Transaction) -> Finding:
    check = f"clock of {name}'s PostgreSQL"
    before = datetime.now(UTC)
    there = db.value(datetime, "select clock_timestamp()")
    after = datetime.now(UTC)
    if there is None:
        raise AssertionError("clock_timestamp() is never null")
    apart = max(before - there, there - after, timedelta(0)).total_seconds()
    if apart > _CLOCKS_APART_SECONDS:
        do = "Let both machines take their time from the same servers (systemd-timesyncd, chrony)."
        return Finding(check, "wrong", f"it and this machine's are {apart:.0f} s apart: timers fire at wrong times", do)
    return Finding(check, "well", f"{apart:.1f} s from this machine's")


def _horizon(name: str, db: Transaction) -> Finding:
    check = f"open transactions of {name}'s PostgreSQL"
    held = held_by(db)
    if held and held.seconds is None:  # its start is hidden; whether it stays tells as much
        db.execute("select pg_sleep(%s)", _HELD_SECONDS)
        again = held_by(db)
        held = again if again and again.transaction == held.transaction else None
    if held and (held.seconds is None or held.seconds > _HELD_SECONDS):
        end = f"select pg_terminate_backend({held.pid})" if held.pid else "rollback prepared"
        says = f"{told_holder(held)} keeps relay and projections from going on"
        do = f"Find out what it does; end it with: {end}. Set idle_in_transaction_session_timeout for that account."
        return Finding(check, "wrong", says, do)
    return Finding(check, "well", "none holds readers back")


def _schema(service: Service, db: Transaction) -> Iterator[Finding]:
    if was_restored(db):
        do = f"Stop its web and worker, then run: copse restored {service.name}"
        says = "it was restored from a dump of another server: relay and projections would pass over events"
        yield Finding(f"cluster of {service.name}", "wrong", says, do)
    else:
        yield Finding(f"cluster of {service.name}", "well", "the one that its events were recorded in")
    check = f"migrations of {service.name}"
    if missing := missing_migrations(service, db):
        yield Finding(check, "wrong", f"{', '.join(missing)} not applied", f"Run: copse migrate {service.name}")
    else:
        yield Finding(check, "well", "all applied")


def _keyring() -> Iterator[Finding]:
    environment = Environment()
    url = database_url(environment, "keyring")
    if url:
        yield from _database("keyring", url, partial(_master_key, url))
    else:
        yield Finding("PostgreSQL of keyring", "not looked at", "its address is missing or malformed")


def _master_key(url: str, db: Transaction) -> Iterator[Finding]:
    if db.value(str, "select to_regclass('public.subject_keys')::text") is None:
        yield Finding("migrations of keyring", "wrong", "the keyring is empty", "Run: copse migrate keyring")
        return
    yield Finding("migrations of keyring", "well", "all applied")
    master_key = Environment().master_key()
    if master_key is None:
        yield Finding("master key", "not looked at", "KEYRING_MASTER_KEY is missing or malformed")
        return
    with closing(Database(url, application="copse-doctor", size=1)) as database:
        try:
            tried = Keyring(database, master_key, Environment().second_master_key()).try_master_key()
        except WrongMasterKey as error:
            do = (
                "Set KEYRING_MASTER_KEY to the key that this keyring was made with (its copy is kept apart from those"
                " of the databases), or KEYRING_DATABASE_URL to the keyring that this key belongs to."
            )
            yield Finding("master key", "wrong", str(error), do)
        else:
            yield Finding("master key", "well", "opens the keyring" if tried else "there is no key yet to try it with")


def _kafka(services: Sequence[Service]) -> Iterator[Finding]:
    servers = Environment().text("KAFKA_BOOTSTRAP_SERVERS", "")
    if not servers:
        yield Finding("Kafka", "not looked at", "KAFKA_BOOTSTRAP_SERVERS is missing")
        return
    broker = Broker(servers, patience_seconds=_PATIENCE_SECONDS)
    try:
        by_itself = makes_topics_by_itself(broker)
    except CannotGoOn as error:
        do = "Start it, or correct the address. It must also be the one that Kafka gives out (advertised.listeners)."
        yield Finding("Kafka", "wrong", str(error), do)
        return
    yield Finding("Kafka", "well", f"answers at {servers}")
    if by_itself:
        says = "it makes topics by itself: one made so has the wrong partitions, and streams get out of order"
        yield Finding("Kafka's auto-create", "wrong", says, "Set auto.create.topics.enable=false on every broker.")
    else:
        yield Finding("Kafka's auto-create", "well", "off")
    for service in services:
        yield from _topics_of(service, broker)


def _topics_of(service: Service, broker: Broker) -> Iterator[Finding]:
    check = f"topics of {service.name}"
    try:
        with closing(Watched.of(service).database) as database:
            watched = Watched(service, database)
            watched.must_be_migrated()
            checked = check_topics([watched], broker)
    except CannotGoOn:
        yield Finding(check, "not looked at", "its database or Kafka does not answer, or lacks tables")
        return
    wrong = [f"{each.topic} {what}" for each in checked for what in each.wrong]
    for each in wrong:
        yield Finding(check, "wrong", each, "See: copse topics check")
    if not wrong:
        yield Finding(check, "well", f"{len(checked)} there and as they must be")


def _sign_in(token: str | None) -> Iterator[Finding]:
    environment = Environment()
    issuer = environment.text("OIDC_ISSUER", "").rstrip("/")
    internal = environment.text("OIDC_INTERNAL_URL", issuer).rstrip("/")
    audience = environment.text("OIDC_AUDIENCE", "copse")
    if not issuer:
        yield Finding("sign-in", "not looked at", "OIDC_ISSUER is missing")
        return
    try:
        answer = requests.get(f"{internal}/.well-known/openid-configuration", timeout=_PATIENCE_SECONDS)
        answer.raise_for_status()
        said = str(answer.json()["issuer"]).rstrip("/")
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        says = f"{internal} does not answer as an identity provider ({type(error).__name__})"
        do = "Start it, or correct OIDC_ISSUER (and OIDC_INTERNAL_URL, if this machine reaches it elsewhere)."
        yield Finding("sign-in", "wrong", says, do)
        return
    if said != issuer:
        says = f"the provider calls itself {said}, and OIDC_ISSUER is {issuer}: every token will be refused"
        do = f"Set OIDC_ISSUER={said}; if this machine reaches it at {internal}, set OIDC_INTERNAL_URL to that."
        yield Finding("sign-in", "wrong", says, do)
    else:
        yield Finding("sign-in", "well", f"{issuer} answers, and calls itself so")
    if token is None:
        says = f"must be {audience}; give an access token with --token-file to try it"
        yield Finding("audience", "not looked at", says)
        return
    algorithms = environment.text("OIDC_ALGORITHMS", "RS256").split(",")
    yield _tried(token, TokenVerifier(said, internal, audience, "groups", algorithms), audience)


def _tried(token: str, verifier: TokenVerifier, audience: str) -> Finding:
    try:
        verifier.verify(token)
    except (InvalidToken, ProviderUnavailable) as error:
        meant_for = _audiences(token)
        if audience not in meant_for:
            says = f"the token is for {', '.join(meant_for) or 'nobody'}, and the services ask for {audience}"
            do = f"Let the provider put {audience} into aud (Keycloak: an audience mapper), or set OIDC_AUDIENCE."
            return Finding("audience", "wrong", says, do)
        return Finding("audience", "wrong", str(error), "Try a token that was made just now; see OIDC_ALGORITHMS.")
    return Finding("audience", "well", f"the token is for {audience}, and is accepted")


def _audiences(token: str) -> list[str]:
    """Whom a token says it is for, unverified: to tell the reader, not to decide anything."""
    try:
        body = token.split(".")[1]
        said = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))["aud"]
    except (IndexError, KeyError, TypeError, ValueError, msgspec.DecodeError):
        return []
    return [str(each) for each in said] if isinstance(said, list) else [str(said)]


def _mail() -> Iterator[Finding]:
    address = Environment().text("SMTP_URL", "")
    if not address:
        return
    try:
        url = urlsplit(address)
        host, port = url.hostname or "", url.port or 0
    except ValueError:
        yield Finding("mail", "not looked at", "SMTP_URL is malformed")
        return
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    usual = {"smtps": 465, "smtp+starttls": 587}.get(url.scheme, 25)
    try:
        with kind(host, port or usual, timeout=_PATIENCE_SECONDS) as server:
            if url.scheme == "smtp+starttls":
                server.starttls()
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        says = f"the mail server at {host}:{port or usual} cannot be used ({type(error).__name__}: {error})"
        do = "Start it, let this machine reach that port, or correct SMTP_URL."
        yield Finding("mail", "wrong", says, do)
    else:
        yield Finding("mail", "well", f"{host}:{port or usual} answers")
