-- The event table. It is also the outbox: the relay publishes from here.
create table events (
    position bigint generated always as identity primary key,
    -- Readers order by (xid, position) and stay below the snapshot horizon, so that an event
    -- which commits late is never skipped (position alone is handed out before commit).
    xid xid8 not null default pg_current_xact_id(),
    event_id uuid not null unique,
    stream text not null,
    version integer not null check (version > 0),
    type text not null,
    schema_version smallint not null,
    data json not null,
    metadata json not null,
    recorded_at timestamptz not null,
    unique (stream, version)
);

create index events_in_reading_order on events (xid, position);

-- What was answered to a request that carried an Idempotency-Key, written with its events.
create table requests (
    actor text not null,
    key text not null,
    fingerprint text not null,
    response json not null,
    answered_at timestamptz not null,
    xid xid8 not null default pg_current_xact_id(),
    position bigint,
    primary key (actor, key)
);
