-- Safeguarding concerns for the leads' list. No text of theirs is here: it is opened from the stream when a lead reads it.
-- `account` and `raised_by`: whoever told, so that she sees that it was received.
create table safeguarding_concerns (
    id uuid primary key,
    status text not null,
    raised_at timestamptz not null,
    since timestamptz not null,
    channel text not null,
    account uuid,
    raised_by uuid,
    version integer not null
);

create index safeguarding_concerns_by_account on safeguarding_concerns (account);
