-- One row for each notebook.
create table shelf (
    id uuid primary key,
    title text not null,
    lines integer not null,
    last text not null
);
