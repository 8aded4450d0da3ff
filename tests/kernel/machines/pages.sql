-- What the machines' projection keeps: each line, and how many of its notebook were there before it. It has no key, so
-- that what is told twice shows.
create table pages (
    notebook uuid not null,
    version integer not null,
    text text not null,
    before integer not null
);
