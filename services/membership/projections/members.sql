-- Applicants and members, for coordinators and for each person herself.
-- `also`: stakeholder groups that are true as well; `since`: when the standing last changed;
-- `note`: for those who decide; `reason`: why an application was declined, as the applicant was told;
-- `agreed`: the wording of the ground rules; `steps`: what she ticked off the checklist for new members.
create table members (
    id uuid primary key,
    standing text not null,
    name text not null,
    email text,
    phone text,
    postal_address text,
    about text,
    stakeholder_group text not null,
    also text[] not null,
    wanted uuid[] not null,
    account uuid,
    applied_at timestamptz not null,
    channel text not null,
    since timestamptz not null,
    note text,
    reason text,
    agreed text,
    steps text[] not null default '{}',
    version integer not null
);

create index members_by_account on members (account);
create index members_by_standing on members (standing, id);
