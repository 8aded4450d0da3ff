-- How far each partition of this service's topic had come when the relay last moved its cursor, in the same statement.
-- What stands behind is sent again after a relay's end, and counted; a topic that ends before it has lost records.
create table relay_offsets (
    "partition" integer primary key,
    next_offset bigint not null,
    repeated bigint not null default 0 -- records that were sent, and not noted, before a relay ended
);
