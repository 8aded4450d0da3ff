-- What each member consents to, for herself and for the record of purposes. One row a member.
-- `given`: the wording that holds, by purpose; `withdrawn`: purposes that she took back; `history`: oldest first.
create table consents (
    id uuid primary key,
    standing text not null,
    given jsonb not null,
    withdrawn jsonb not null,
    history jsonb not null,
    version integer not null
);
