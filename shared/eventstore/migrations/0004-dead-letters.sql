-- Messages of other services that could not be handled, each as Kafka gave it, with its stream's later ones behind it.
-- A stream is held while it has a row here. See docs/adr/0010-dead-letters.md.
create table dead_letters (
    id uuid primary key,
    number bigint generated always as identity,
    topic text not null,
    "partition" integer not null,
    "offset" bigint not null,
    stream text,      -- null: the record names none
    version integer,  -- null: the record cannot be read, so nobody knows
    type text,
    key bytea,
    headers json not null,  -- [[name, value in base64], ...]
    value bytea,
    error text,       -- null: not tried yet, it waits behind another or for a missing version
    attempts integer not null default 0,
    parked_at timestamptz not null default now(),
    unique (topic, "partition", "offset"),
    check (version is null or stream is not null)
);

-- A redelivery of a parked message meets this.
create unique index dead_letters_by_version on dead_letters (topic, stream, version) where version is not null;

-- The first of a stream: what cannot be read before all others, then by version.
create index dead_letters_in_order on dead_letters (topic, stream, version nulls first, number);

-- Who passed over what, when and why. The messages themselves stay in their topics, under partition and offset.
create table dead_letter_skips (
    number bigint generated always as identity primary key,
    letter uuid not null,
    skipped_at timestamptz not null default now(),
    skipped_by text not null,
    reason text not null,
    topic text not null,
    "partition" integer not null,
    "offset" bigint not null,
    stream text,
    first_version integer,  -- of what was passed over: the message itself, or the missing ones before it
    last_version integer,
    type text,
    error text
);
