-- Whether this database was made in another cluster than the one it is in now.
select cluster.system_identifier <> control.system_identifier from cluster, pg_control_system() control
