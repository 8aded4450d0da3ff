-- What an invitation says, and who has or awaits a place.
create table meetings (
    meeting_id uuid primary key,
    community_id uuid not null,
    title text not null,
    about text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    venue text,
    online_link text,
    phone_number text,
    speakers json not null
);

create index meetings_of_community on meetings (community_id, starts_at);

create table meeting_replies (
    meeting_id uuid not null,
    member_id uuid not null,
    way text not null,
    standing text not null check (standing in ('place', 'waiting', 'cannot-come')),
    waited boolean not null,
    primary key (meeting_id, member_id)
);
