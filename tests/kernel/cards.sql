-- One card for each notebook.
create table cards (
    notebook uuid primary key,
    title text not null,
    letters integer not null,
    marks text[] not null,
    opened_at timestamptz not null,
    last text,
    drawn integer generated always as identity
);
