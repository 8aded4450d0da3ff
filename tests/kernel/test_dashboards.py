"""The list of metrics, the dashboard and the alerts speak of metrics that there are, with labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared
from shared.testing.metrics_page import FILE, everything, page

FOLDER = Path(shared.__path__[0]).parent / "deploy/dashboards"
OF_PROMETHEUS = {"up"}
FROM_THE_SCRAPE = {"job", "service", "part", "le"}  # set by prometheus.yml, and by histograms
LABELS = {name: {*each.labels, *FROM_THE_SCRAPE} for each in everything() for name in each.names}


def expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL)"""
    dashboard = json.loads((FOLDER / "copse.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]
    for rule in alerts():
        yield rule["alert"], rule["expr"]


def alerts() -> list[Any]:
    [group] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def test_the_list_of_metrics_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == page(), "run `make catalogue` and commit what it writes"


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_that_is_asked_for_exists_with_its_labels(where: str, expression: str) -> None:
    named = re.findall(r"\b((?:copse|process)_[a-z_]+)\b(?:\{([^}]*)\})?", expression)
    assert named or any(name in expression for name in OF_PROMETHEUS), where
    for name, selectors in named:
        assert name in LABELS, f"{where} asks for {name}, which there is not"
        asked = set(re.findall(r"([a-z]+)=", selectors))
        if len(named) == 1:
            asked |= {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
        assert asked <= LABELS[name], f"{where}: {name} has not the labels {asked - LABELS[name]}"


def test_every_alert_says_what_is_wrong_and_what_tells_more() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "warn")
        assert {"summary", "description"} <= rule["annotations"].keys()


def test_prometheus_asks_every_web_and_worker_of_compose() -> None:
    composed = yaml.safe_load((FOLDER.parent.parent / "docker-compose.yml").read_text())["services"]
    [job] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    asked = {each["targets"][0]: each["labels"] for each in job["static_configs"]}
    wanted = {name for name in composed if name.endswith(("-web", "-worker"))}
    assert {target.partition(":")[0] for target in asked} == wanted
    for target, labels in asked.items():
        name, port = target.split(":")
        assert name == f"{labels['service']}-{labels['part']}"
        assert any(port in word for word in composed[name]["command"])
