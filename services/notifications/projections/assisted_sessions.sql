-- Assisted sessions, and what was done in them: for the letter that tells the member.
create table assisted_sessions (
    session_id uuid primary key,
    member_id uuid not null,
    channel text not null,
    opened_at timestamptz not null
);

-- `what` is the event's name; `about` the id in its stream's name, such as a meeting's; `way` how she comes to it;
-- `purpose` what she consents to.
-- `to_other` says that it was done to somebody else than the member, such as letting her into a community.
create table done_for_members (
    event_id uuid primary key,
    session_id uuid not null,
    member_id uuid not null,
    what text not null,
    about uuid not null,
    way text,
    purpose text,
    to_other boolean not null,
    done_at timestamptz not null
);

create index done_for_members_by_session on done_for_members (session_id, done_at, event_id);
