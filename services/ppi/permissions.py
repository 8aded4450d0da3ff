"""Who may do what in ppi. What is not here is denied.

Which requests somebody sees depends on her part in them: see `api/relations.py`.
"""

from shared.identity.identity import Permissions
from shared.identity.roles import Lets, Meanings

PERMISSIONS: Permissions = {
    "support-requests:ask": frozenset({"researcher"}),
    "support-requests:read": frozenset({"coordinator", "researcher", "member"}),
    "support-requests:read-all": frozenset({"coordinator"}),
    "support-requests:judge": frozenset({"coordinator"}),
    "reviewers:read": frozenset({"coordinator"}),
    "offers:make": frozenset({"coordinator"}),
    "offers:answer": frozenset({"member"}),
    "reviews:send": frozenset({"member"}),
    "reviews:release": frozenset({"coordinator"}),
    "responses:give": frozenset({"member"}),
    "claims:read": frozenset({"coordinator", "finance", "member"}),
    "claims:read-all": frozenset({"coordinator", "finance"}),
    "people:read": frozenset({"coordinator", "operator"}),
}

MEANINGS: Meanings = {
    "support-requests:ask": Lets("Ask for support with an idea.", "she is a member"),
    "support-requests:read": Lets(
        "See a request for support.",
        "she made it, was asked to review it, or has support-requests:read-all; for others it is not there",
    ),
    "support-requests:read-all": Lets("See every request, with offers and reviews."),
    "support-requests:judge": Lets("Say whether an idea fits what members find important."),
    "reviewers:read": Lets("See who of the working group can review, and how much they have to do."),
    "offers:make": Lets("Ask a member of the working group to review."),
    "offers:answer": Lets("Say yes or no to an offer of a review.", "it was made to her"),
    "reviews:send": Lets("Hand in a review.", "she said yes to the offer"),
    "reviews:release": Lets("Let the researcher read the reviews, without names."),
    "responses:give": Lets("Tell the reviewers what changed.", "she made the request"),
    "claims:read": Lets("See fees earned.", "they are her own, or she has claims:read-all"),
    "claims:read-all": Lets("See everybody's fees, with names."),
    "people:read": Lets("See what this service knows of a member: standing and groups, no name."),
}
