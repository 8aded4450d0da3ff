#!/bin/sh
# Run once by the postgres image, in an empty database: its owner is a role of its own and no superuser, so a mistake
# in a service cannot reach beyond its tables. It sees since when others have a transaction open: a forgotten one holds
# its readers back, and must be told of. What the server logs of its failures holds neither the statement nor the row:
# both hold people's data, and the service itself logs where it failed.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --set database="$POSTGRES_DB" --set password="$(cat /run/copse/password)" <<'SQL'
create role copse login password :'password';
grant pg_read_all_stats to copse;
alter role copse set log_min_error_statement to panic;
alter role copse set log_error_verbosity to terse;
alter database :"database" owner to copse;
revoke connect on database :"database" from public;
SQL
