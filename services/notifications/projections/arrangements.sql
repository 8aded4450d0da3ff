-- What is arranged for members at meetings and what cannot be, for the letter that tells them.
create table arrangements (
    id uuid primary key,
    meeting_id uuid not null,
    member_id uuid not null,
    made boolean not null,
    arrangement text not null,
    note text
);

create index arrangements_by_meeting on arrangements (meeting_id, member_id);
create index arrangements_by_member on arrangements (member_id);
