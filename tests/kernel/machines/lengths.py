"""How long the machines look for a fault. By default each run is the same and short; HYPOTHESIS_PROFILE names another:

- `shrink`: the same runs, and the shortest way to what fails (minutes);
- `deep`: for the night, new runs each time, many and long.

COPSE_MACHINE_EXAMPLES sets another number of runs.
"""

import os

from hypothesis import HealthCheck, Phase, settings


def lengths(examples: int, steps: int) -> settings:
    profile = os.environ.get("HYPOTHESIS_PROFILE", "")
    deep = profile == "deep"
    return settings(
        max_examples=int(os.environ.get("COPSE_MACHINE_EXAMPLES", examples * (50 if deep else 1))),
        stateful_step_count=steps * (2 if deep else 1),
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if profile else [])],
        derandomize=not deep,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
