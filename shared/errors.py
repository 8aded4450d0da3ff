"""The one thing that errors of every part have in common."""


class CannotGoOn(Exception):
    """Something outside this process must be mended first. The message is the plain sentence that says what."""
