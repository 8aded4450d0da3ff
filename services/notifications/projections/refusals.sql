-- Why an application was declined, for the letter that tells the applicant.
create table refusals (
    member_id uuid primary key,
    reason text not null
);
