-- Who was erased keeps an empty row: so nobody can make another key for her, and nobody has to ask two tables at once.
alter table subject_keys alter column wrapped drop not null;
alter table subject_keys add column erased_at timestamptz;
alter table subject_keys add constraint a_key_or_a_tombstone check ((wrapped is null) = (erased_at is not null));
