-- What is to be arranged for whom at which meeting, and how far it has come: flagged, arranged, met or not-met.
-- `note` says how it is made, or why it is not met. No names: see people.
create table arrangements (
    id uuid primary key,
    meeting_id uuid not null,
    member_id uuid not null,
    place integer not null,
    code text not null,
    arrangement text not null,
    detail text,
    words text,
    progress text not null,
    note text,
    since timestamptz not null,
    starts_at timestamptz not null
);

create index arrangements_by_meeting on arrangements (meeting_id, member_id, place);
create index arrangements_by_member on arrangements (member_id, starts_at);
