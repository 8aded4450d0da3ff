-- The lines of all notebooks, as the tests' projection keeps them.
create table lines (
    notebook uuid not null,
    version integer not null,
    text text not null,
    primary key (notebook, version)
);
