"""docker-compose.yml keeps in step with the code that it runs."""

import re
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deploy.compose.make_secrets import make
from deploy.demo.configuration import Configuration
from deploy.identity.settings import Settings as IdentitySettings
from services.notifications.settings import MailSettings
from services.portal.configuration import from_environment as portal_configuration
from shared.configuration import Environment, Settings
from shared.database.pool import Database
from shared.operations.service_status import held_by
from tests.containers.composition import CONTAINERS, SERVICES, TEXT, TOP, Container, filled
from tests.servers import Databases

PARTS = ("web", "worker", "migrate")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the one-shot container `secrets` makes."""
    folder = tmp_path_factory.mktemp("secrets")
    command = CONTAINERS["secrets"].command
    make(folder, command[command.index("/var/lib/copse") + 1 :])
    return folder


def test_every_service_has_web_worker_migration_and_a_database_of_its_own() -> None:
    wanted = {f"{service}-{part}" for service in SERVICES for part in (*PARTS, "postgres")}
    assert wanted <= set(CONTAINERS)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", PARTS)
def test_a_service_finds_all_that_it_needs_in_its_environment(service: str, part: str, secrets: Path) -> None:
    container = CONTAINERS[f"{service}-{part}"]
    assert container.command[:2] == [part, service]
    settings = Settings.read(service, container.environment_with_secrets_in(secrets))
    assert settings.database_url.endswith(f"@{service}-postgres:5432/{database_of(service)}")
    assert settings.keyring_url.endswith(f"@keyring-postgres:5432/{database_of('keyring')}")
    assert settings.issuer == filled(CONTAINERS["identity"].environment["OIDC_ISSUER"])


def test_a_service_opens_with_a_second_master_key_while_there_is_one(tmp_path: Path) -> None:
    second = b64encode(b"2" * 32).decode()
    assert CONTAINERS["secrets"].said["environment"]["KEYRING_SECOND_MASTER_KEY"] == "${KEYRING_SECOND_MASTER_KEY:-}"
    for said, known in ((second, b"2" * 32), ("", None)):
        make(tmp_path, SERVICES, second_master_key=said)
        for name in (f"{service}-{part}" for service in SERVICES for part in PARTS):
            settings = Settings.read(name.split("-")[0], CONTAINERS[name].environment_with_secrets_in(tmp_path))
            assert settings.second_master_key == known


def test_notifications_knows_its_mail_server_and_what_its_letters_link(secrets: Path) -> None:
    settings = MailSettings.read(CONTAINERS["notifications-worker"].environment_with_secrets_in(secrets))
    assert settings.server.host == "mail"
    assert settings.portal_url == "http://localhost:8080"


def test_the_keyring_can_be_migrated(secrets: Path) -> None:
    environment = Environment(CONTAINERS["keyring-migrate"].environment_with_secrets_in(secrets))
    assert environment.text("KEYRING_DATABASE_URL").endswith("/copse_keyring")
    environment.check()


def test_the_portal_finds_every_service_and_is_known_to_the_identity_provider(secrets: Path, tmp_path: Path) -> None:
    portal = portal_configuration(CONTAINERS["portal-web"].environment_with_secrets_in(secrets))
    assert portal.service_urls == {service: f"http://{service}-web:8000" for service in portal.service_urls}
    environment = CONTAINERS["identity"].environment_with_secrets_in(secrets)
    provider = IdentitySettings.from_environment({**environment, "COPSE_IDENTITY_FOLDER": str(tmp_path)})
    assert (provider.issuer, provider.portal_url) == (portal.issuer, portal.portal_url)
    assert provider.portal_client_id == portal.client_id
    assert provider.portal_client_secret == portal.client_secret


@pytest.mark.parametrize("name", ["demo-data", "story"])
def test_loader_and_story_see_what_a_browser_sees(name: str, secrets: Path) -> None:
    container = CONTAINERS[name]
    assert container.said["network_mode"] == "service:gateway"
    seen = Configuration.from_environment(container.environment_with_secrets_in(secrets))
    identity = CONTAINERS["identity"].environment_with_secrets_in(secrets)
    assert seen.issuer == identity["OIDC_ISSUER"]
    assert seen.password == Path(identity["COPSE_DEMO_PASSWORD_FILE"]).read_text()


def test_only_the_gateway_is_reached_from_outside_and_from_this_machine_alone() -> None:
    published = {name: container.said["ports"] for name, container in CONTAINERS.items() if "ports" in container.said}
    assert {name: list(map(filled, ports)) for name, ports in published.items()} == {"gateway": ["127.0.0.1:8080:8080"]}


def test_databases_and_kafka_have_no_way_in_or_out() -> None:
    inner = [name for name in CONTAINERS if name.endswith(("-postgres", "-migrate")) or name == "kafka"]
    assert {name: CONTAINERS[name].said["networks"] for name in inner} == {name: ["back"] for name in inner}
    assert re.search(r"^  back: \{internal: true\}$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=lambda container: container.name)
def test_a_container_has_no_more_rights_than_it_needs(container: Container) -> None:
    said = container.said
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said["init"] is True
    assert said["mem_limit"]
    assert not said.get("privileged")
    # Our images and Kafka's name a user by themselves.
    assert said["image"].startswith(("copse-", "apache/kafka:")) or said["user"] != "root"


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=lambda container: container.name)
def test_a_container_that_stays_says_whether_it_is_healthy(container: Container) -> None:
    assert ("healthcheck" in container.said) == container.stays


def test_somebody_waits_for_every_container_that_ends() -> None:
    """`docker compose up --wait` takes an ended container for a failure, unless another one waits for its end."""
    ends = {name for name, container in CONTAINERS.items() if not container.stays and "profiles" not in container.said}
    waited_for = {
        name
        for container in CONTAINERS.values()
        for name, wait in container.waits_for.items()
        if wait["condition"] == "service_completed_successfully"
    }
    assert ends == waited_for


def test_no_secret_is_written_in_the_file() -> None:
    names = re.compile(r"PASSWORD|SECRET|KEY|DATABASE_URL")
    for container in CONTAINERS.values():
        for name, value in container.said.get("environment", {}).items():
            if names.search(name):
                assert name.endswith("_FILE") or value == f"${{{name}:-}}", (container.name, name)


def test_a_container_sees_no_other_ones_secrets() -> None:
    def owner(container: Container) -> str:
        service, _, part = container.name.rpartition("-")
        return service if part in ("web", "worker", "migrate") else container.name

    seen = {name: container.secrets_folder for name, container in CONTAINERS.items() if container.secrets_folder}
    assert seen.pop("demo-data") == seen.pop("story") == "demo"
    assert seen == {name: owner(CONTAINERS[name]) for name in seen}


def test_a_services_account_sees_who_holds_its_readers_back_and_the_servers_log_holds_no_row(
    databases: Databases,
) -> None:
    """A forgotten `psql -U postgres` would be told of without its age."""
    url, name = databases.empty(), f"copse_{uuid4().hex[:8]}"
    script = (TOP / "deploy/compose/database.sh").read_text()
    sql = script.split("<<'SQL'\n")[1].removesuffix("SQL\n")
    parts = urlsplit(url)
    for variable, value in {':"database"': parts.path[1:], ":'password'": "'x'", "copse": name}.items():
        sql = sql.replace(variable, value)
    with closing(Database(url, application="copse-test", size=2)) as postgres, postgres.transaction() as holding:
        with postgres.transaction() as db:
            db.execute(sql)
        holding.execute("select pg_current_xact_id()")
        ours = parts._replace(netloc=f"{name}:x@{parts.hostname}:{parts.port}").geturl()
        with closing(Database(ours, application="copse-test", size=1)) as database, database.statement() as db:
            held = held_by(db)
            assert db.value(str, "show log_min_error_statement") == "panic"
            assert db.value(str, "show log_error_verbosity") == "terse"
    assert held
    assert held.seconds is not None


def test_every_image_is_built_once() -> None:
    ours = {
        container.said["image"] for container in CONTAINERS.values() if container.said["image"].startswith("copse-")
    }
    built = [container.said["image"] for container in CONTAINERS.values() if "build" in container.said]
    assert sorted(built) == sorted(ours)


def test_the_example_settings_name_what_the_file_reads() -> None:
    read = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    lines = (TOP / ".env.example").read_text().splitlines()
    assert {found[1] for line in lines if (found := re.match(r"#?([A-Z_]+)=", line))} == read
    defaults = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    said = dict(re.findall(r"\$\{(\w+):-([^${}]*)\}", TEXT))
    assert defaults == {name: said[name] for name in defaults}


def test_kafka_is_set_as_it_is_outside_containers() -> None:
    """But for addresses and folders."""
    lines = (TOP / "deploy/embedded/kafka.properties").read_text().splitlines()
    embedded = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    theirs = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in embedded.items()}
    ours = CONTAINERS["kafka"].environment
    elsewhere = {"KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS", "KAFKA_CONTROLLER_QUORUM_VOTERS", "KAFKA_LOG_DIRS"}
    assert set(theirs) | {"KAFKA_HEAP_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS"} == set(ours)
    assert {name: ours[name] for name in theirs.keys() - elsewhere} == {
        name: theirs[name] for name in theirs.keys() - elsewhere
    }


def test_the_gateway_leads_to_every_service() -> None:
    gateway = (TOP / "deploy/gateway/copse.conf.template").read_text()
    found = re.search(r"\^/api/\(\?<service>([a-z|]+)\)", gateway)
    assert found
    assert sorted(found[1].split("|")) == SERVICES


def database_of(name: str) -> str:
    return CONTAINERS[f"{name}-postgres"].environment["POSTGRES_DB"]
