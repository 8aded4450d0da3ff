-- What the machines' projection keeps: each line, and how many of its notebook were there before it.
create table pages (
    notebook uuid not null,
    version integer not null,
    text text not null,
    before integer not null,
    primary key (notebook, version)
);
