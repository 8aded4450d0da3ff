"""A real OpenID Connect provider (canaille) with the demonstration's accounts."""
