-- Which PostgreSQL cluster this database lives in. Transaction ids are its cluster's: after a dump was restored into
-- another one, the ids in events and cursors are nobody's, until `copse restored` (docs/adr/0014-restored-dumps.md).
create table cluster (
    only_one boolean primary key default true check (only_one),
    system_identifier bigint not null
);

insert into cluster (system_identifier) select system_identifier from pg_control_system();
