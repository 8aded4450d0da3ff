"""Who may do what in ppi. What is not here is denied.

Which requests somebody sees depends on her part in them: see `api/relations.py`.
"""

from shared.identity.identity import Permissions

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
