-- Rights requests with their clocks. What they say is not here: it is opened from the stream when it is read.
-- `warned`: the last day is near; `missed`: it has passed without an answer.
create table rights_requests (
    id uuid primary key,
    member_id uuid not null,
    "right" text not null,
    purpose text,
    status text not null,
    received_on date not null,
    due_on date not null,
    channel text not null,
    identity text,
    outcome text,
    extended boolean not null default false,
    warned boolean not null default false,
    missed boolean not null default false,
    version integer not null
);

create index rights_requests_by_member on rights_requests (member_id);
