-- Tables of a read model beside those in use: built and not yet switched to, or kept to go back to.
-- Their own place in the event table is here, so that `readers` lists only what is in use.
create table projection_copies (
    tables text primary key, -- the schema
    projection text not null,
    version integer not null,
    xid xid8 not null default '0',
    position bigint not null default 0,
    made_at timestamptz not null default now()
);

-- Where tables that the consumer does not tell of anything stand in a partition. A row for tables in use says that
-- they were left behind there: a new read model, or one of another version than the release that read on.
create table projection_places (
    tables text not null,
    topic text not null,
    "partition" integer not null,
    next_offset bigint not null,
    primary key (tables, topic, "partition")
);

-- Why the last build of a read model failed.
alter table projections add column failure text;
