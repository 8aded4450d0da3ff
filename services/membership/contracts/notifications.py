"""What membership reads of notifications: which contact was of no use."""

from uuid import UUID

from shared.messages.events import MemberId, event


@event("delivery-failed")
class DeliveryFailed:
    """`contact` is there when the address itself is at fault."""

    member: MemberId
    contact: UUID | None = None
