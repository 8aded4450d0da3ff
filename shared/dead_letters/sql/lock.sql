-- One at a time goes on with a held stream: its consumer or an operator. Without it, a message could be parked
-- behind another that is being handled at that moment, and nobody would come back for it.
select pg_advisory_xact_lock(1684366700, hashtext(%s || ' ' || %s))
