-- Who passed over what, when and why.
insert into dead_letter_skips
    (letter, skipped_by, reason, topic, "partition", "offset", stream,
     first_version, last_version, type, error)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
