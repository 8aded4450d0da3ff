"""What is stored and sent: events of 600 bytes of JSON, the same for us and for every peer."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shared.messages.decisions import Context
from shared.messages.recorded import Metadata

EVENT_BYTES = 600
EVENT_TYPE = "line-written"
TEXT = "A line of a notebook, as long as what people write. "
TEXT = (TEXT * EVENT_BYTES)[: EVENT_BYTES - len('{"text":""}')]
DATA = msgspec.json.encode({"text": TEXT}).decode()
EVENTS_OF_A_STREAM = 10

CONTEXT = Context(
    now=datetime(2026, 3, 2, 10, tzinfo=UTC), actor="account:0190", correlation_id=UUID(int=1), traceparent=None
)
METADATA = Metadata.of(CONTEXT)
METADATA_JSON = msgspec.json.encode(METADATA).decode()
