"""The web client: server-rendered pages over the services' APIs. It keeps sessions, no facts."""
