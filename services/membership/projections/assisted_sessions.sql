-- The register of assisted sessions: who acted for whom, when, why, and how it was known that she had asked.
-- It keeps ids and no names. `opened_by` is the actor as events name her; `reason` is for coordinators and data protection.
create table assisted_sessions (
    id uuid primary key,
    member_id uuid not null,
    account uuid not null,
    opened_by text not null,
    channel text not null,
    checked text not null,
    reason text not null,
    opened_at timestamptz not null,
    closes_at timestamptz not null,
    ended_at timestamptz,
    because text,
    version integer not null
);

create index assisted_sessions_by_account on assisted_sessions (account, id);
create index assisted_sessions_by_member on assisted_sessions (member_id);

-- Who wants nobody to act for her.
create table help_refusals (
    member_id uuid primary key
);

-- Codes with which members take their records over: a keyed digest each, one to a member.
create table account_invitations (
    member_id uuid primary key,
    code uuid not null unique,
    until timestamptz not null
);
