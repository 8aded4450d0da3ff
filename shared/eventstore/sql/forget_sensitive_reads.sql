-- Forgets some entries of the log of reads that are older than a moment.
delete from sensitive_reads
where id in (select id from sensitive_reads where read_at < %s order by read_at limit %s)
