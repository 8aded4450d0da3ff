-- The transaction at the snapshot horizon: no reader sees what was appended after it began, until it ends.
-- No row when nothing is open. pg_locks names it to every account; its start only to those that may see it
-- (pg_read_all_stats), otherwise seconds is null. A prepared transaction has no process.
with horizon as (select pg_snapshot_xmin(pg_current_snapshot())::xid as xid)
select horizon.xid::text as transaction,
       a.pid,
       extract(epoch from clock_timestamp() - coalesce(a.xact_start, p.prepared))::float8 as seconds,
       coalesce(nullif(a.application_name, ''), 'prepared transaction ' || p.gid, 'process ' || l.pid) as holder,
       a.state,
       a.datname::text as database
from horizon
join pg_locks l on l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
               and l.transactionid = horizon.xid
left join pg_stat_activity a on a.pid = l.pid
left join pg_prepared_xacts p on p.transaction = l.transactionid
limit 1
