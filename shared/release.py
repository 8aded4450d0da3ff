"""Which release this code is: for `copse status`, the metrics, and the names of database connections."""

RELEASE = "0.1.0"
"""As in pyproject.toml, which the images do not hold; a test keeps the two alike."""
