-- How far each reader of this service's own events has come: the relay, projections, reactions.
create table readers (
    name text primary key,
    xid xid8 not null default '0',
    position bigint not null default 0,
    moved_at timestamptz not null default now(),
    failure text
);

-- How far the consumer has come in each partition of other services' topics.
create table consumer_positions (
    topic text not null,
    "partition" integer not null,
    next_offset bigint not null,
    primary key (topic, "partition")
);

-- The last version seen of each foreign stream: lower ones are redeliveries, a jump is a gap.
create table consumer_streams (
    topic text not null,
    stream text not null,
    version integer not null,
    primary key (topic, stream)
);

-- Which version of each read model is in use.
create table projections (
    name text primary key,
    version integer not null,
    made_at timestamptz not null default now()
);
