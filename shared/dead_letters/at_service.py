"""The dead letters of a running service: what its API and its command line work with."""

from shared.dead_letters.mending import Mending
from shared.service import Running
from shared.streaming.telling import Telling


def mending_of(running: Running) -> Mending:
    """Retries and skips with the service's own handlers."""
    service = running.service
    telling = Telling(running.contracts, [*service.projections, *service.reactions])
    return Mending(telling, running.database, running.agenda_bell.ring)
