"""Metrics as Prometheus reads them."""

import requests
from prometheus_client.parser import text_string_to_metric_families


class Scraped:
    """`scraped("copse_relay_lag_events")`, `scraped("copse_reader_lag_events", reader="lines")`."""

    def __init__(self, text: str) -> None:
        self.samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    @classmethod
    def at(cls, address: str) -> "Scraped":
        answer = requests.get(f"{address}/metrics", timeout=20)
        assert answer.ok, answer.text
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return cls(answer.text)

    def __call__(self, name: str, **labels: str) -> float | None:
        """The sum of the samples with this name and at least these labels; None when there are none."""
        found = [each.value for each in self.samples if each.name == name and labels.items() <= each.labels.items()]
        return sum(found) if found else None
