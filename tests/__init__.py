"""The tests. A package, because two dependencies install a `tests` of their own, which would be found instead."""
