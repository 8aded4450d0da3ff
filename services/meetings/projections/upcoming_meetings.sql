-- Every meeting with its places: those to come, and those that were.
create table upcoming_meetings (
    id uuid primary key,
    community_id uuid not null,
    title text not null,
    about text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    places integer,
    coming integer not null,
    venue text,
    online_link text,
    phone_number text,
    source text,
    version integer not null,
    -- In the order of the programme. One speaker's name can be taken out by her id.
    speakers jsonb not null
);

create index meetings_by_start on upcoming_meetings (starts_at, id);
create index meetings_by_community on upcoming_meetings (community_id, starts_at, id);
create index meetings_by_speaker on upcoming_meetings using gin (speakers jsonb_path_ops);

-- By the name under which everybody asks for them.
create view meetings as select * from upcoming_meetings;

-- One row for each speaker of a meeting, `place` counting from 0: for the few who ask by speaker.
create view speakers as
select
    id as meeting_id,
    nth - 1 as place,
    (speaker ->> 'id')::uuid as speaker_id,
    speaker ->> 'name' as name,
    speaker ->> 'topic' as topic
from upcoming_meetings cross join lateral jsonb_array_elements(speakers) with ordinality as listed (speaker, nth);
