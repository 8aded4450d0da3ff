"""The list of all metrics, made from the code that has them. `python -m shared.testing.metrics_page` writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from shared.http import metrics as of_web
from shared.telemetry import jobs, metrics, spans
from shared.telemetry.state import GAUGES

FILE = Path(__file__).parents[2] / "docs/reference/metrics.md"

_OF_THE_PROCESS = (
    ("process_resident_memory_bytes", "Memory of the process."),
    ("process_virtual_memory_bytes", "Address space of the process."),
    ("process_cpu_seconds_total", "Processor time since it started."),
    ("process_start_time_seconds", "When it started, in seconds since 1970."),
    ("process_open_fds", "Open files and connections."),
    ("process_max_fds", "How many it may have."),
)


@dataclass(frozen=True)
class Described:
    """`names` are those that a query may name."""

    name: str
    kind: str
    labels: tuple[str, ...]
    says: str

    @property
    def names(self) -> list[str]:
        return [self.name + end for end in ("_bucket", "_count", "_sum")] if self.kind == "histogram" else [self.name]


def counted(module: object) -> Iterator[Described]:
    """What one module counts and times."""
    for each in vars(module).values():
        if isinstance(each, MetricWrapperBase):
            [family] = each.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield Described(name, family.type, each._labelnames, family.documentation)


def state() -> list[Described]:
    return [Described(name, "gauge", labels, says) for name, (says, labels) in GAUGES.items()]


def of_process() -> list[Described]:
    return [
        Described(name, "counter" if name.endswith("_total") else "gauge", (), says) for name, says in _OF_THE_PROCESS
    ]


def everything() -> list[Described]:
    return [each for _, described in _parts() for each in described]


def _parts() -> list[tuple[str, list[Described]]]:
    return [
        ("State of a service", state()),
        ("Web processes", list(counted(of_web))),
        ("Web processes and workers", [*counted(metrics), *counted(spans)]),
        ("Workers", list(counted(jobs))),
        ("The process (not where several share one address)", of_process()),
    ]


def page() -> str:
    tables = "\n".join(
        f"## {title}\n\n| Metric | Kind | Labels | What it says |\n|---|---|---|---|\n"
        + "".join(
            f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.says} |\n"
            for each in described
        )
        for title, described in _parts()
    )
    return f"""# Metrics

Every web process answers `/metrics` on its own port, every worker on its health port, in Prometheus' text format.
There is no token: the pages are for those inside, and the gateway publishes neither. No label holds an id, a name or
an address. How to collect and what to watch: [Look after a running Copse](../how-to/look-after-a-running-copse.md).

The state of a service is asked of its database when somebody asks, at most once in five seconds (Kafka: fifteen).
Every process of a service tells the same of it, so take the greatest; only workers speak to Kafka. A histogram `x` has
`x_bucket`, `x_sum` and `x_count`. Made by `make catalogue`.

{tables}"""


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
