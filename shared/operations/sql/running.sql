-- The releases of a service's processes that are connected now: each names itself `copse-<service> <release>`.
select distinct substr(application_name, length(said.name) + 2) as release
from pg_stat_activity, (select 'copse-' || %s::text as name) said
where datname = current_database() and starts_with(application_name, said.name || ' ')
order by release
