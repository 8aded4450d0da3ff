-- What each member's reply has come to: in-person, online, by-phone, waiting-list or no. No names: see people.
create table replies (
    meeting_id uuid not null,
    member_id uuid not null,
    reply text not null,
    replied_at timestamptz not null,
    channel text not null,
    primary key (meeting_id, member_id)
);

create index replies_in_order on replies (meeting_id, replied_at, member_id);
