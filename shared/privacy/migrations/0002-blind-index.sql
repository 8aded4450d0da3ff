-- What people can be recognised by, as keyed hashes. A person's go with her key: there is nothing else to forget.
create table blind_index (
    subject uuid not null references subject_keys on delete cascade,
    kind text not null,
    mark uuid not null,
    primary key (subject, kind, mark)
);

create index blind_index_by_mark on blind_index (kind, mark);
