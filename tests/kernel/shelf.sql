-- What the tests of rebuilding keep of notebooks, own and foreign.
create table shelf (
    notebook uuid primary key,
    title text not null,
    lines integer not null default 0,
    letters integer not null default 0,
    neighbours integer not null, -- how many stood there before it, of the same title: depends on the order of telling
    last json
);

create table shelf_lines (
    notebook uuid not null,
    version integer not null,
    text text not null,
    told bigint generated always as identity,
    primary key (notebook, version)
);

create view shelf_with_lines as select title, text from shelf join shelf_lines using (notebook);
