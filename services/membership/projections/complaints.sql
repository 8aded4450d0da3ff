-- Complaints with the day by which each is acknowledged. What they say is opened from the stream when it is read.
create table complaints (
    id uuid primary key,
    person uuid not null,
    known boolean not null,
    status text not null,
    received_on date not null,
    acknowledge_by date not null,
    channel text not null,
    warned boolean not null default false,
    missed boolean not null default false,
    version integer not null
);

create index complaints_by_person on complaints (person);
