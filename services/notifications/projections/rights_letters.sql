-- What letters about a rights request say: the newest of each kind. `text` is a question, a reason or an answer.
create table rights_letters (
    request_id uuid not null,
    kind text not null,
    member_id uuid not null,
    "right" text not null,
    due_on date,
    text text,
    primary key (request_id, kind)
);

create index rights_letters_by_member on rights_letters (member_id);
