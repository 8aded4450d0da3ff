-- Every meeting with its places: those to come, and those that were.
create table meetings (
    id uuid primary key,
    community_id uuid not null,
    title text not null,
    about text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    places integer,
    coming integer not null default 0,
    venue text,
    online_link text,
    phone_number text,
    source text,
    version integer not null
);

create index meetings_by_start on meetings (starts_at, id);
create index meetings_by_community on meetings (community_id, starts_at, id);

-- A table of their own, so that one speaker's name can be taken out without touching anything else.
create table speakers (
    meeting_id uuid not null,
    place integer not null,
    speaker_id uuid not null,
    name text not null,
    topic text not null,
    primary key (meeting_id, place)
);

create index speakers_by_person on speakers (speaker_id);

-- A meeting as it is shown: its speakers in the order of the programme.
create view meetings_with_speakers as
select
    meetings.*,
    (
        select coalesce(json_agg(json_build_object('name', name, 'topic', topic) order by place), '[]')
        from speakers
        where meeting_id = meetings.id
    ) as speakers
from meetings;
