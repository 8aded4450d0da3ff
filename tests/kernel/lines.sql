-- The lines of all notebooks, as the tests' projection keeps them, numbered in the order in which it was told.
create table lines (
    notebook uuid not null,
    version integer not null,
    text text not null,
    told bigint generated always as identity,
    primary key (notebook, version)
);
