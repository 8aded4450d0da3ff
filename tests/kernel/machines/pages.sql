-- What the machines' projection keeps: each line, and how many of its notebook were there before it. No key: what is told
-- twice must show.
create table pages (
    notebook uuid not null,
    version integer not null,
    text text not null,
    before integer not null
);
