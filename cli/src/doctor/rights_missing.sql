-- Rights that the services' roles need and do not hold, and roles that do not exist, in words. No parameters. Reads the catalogue.
with needed (role, privilege, relation) as (
    values ('footfall_write', 'insert', 'analytics_impressions'),
           ('footfall_write', 'insert', 'analytics_events'),
           ('footfall_write', 'insert', 'ingest_ledger'),
           ('footfall_write', 'select', 'ingest_ledger'),
           ('footfall_write', 'insert', 'quarantine'),
           ('footfall_write', 'update', 'daily_analytics_stats'),
           ('footfall_write', 'update', 'quarter_hour_stats'),
           ('footfall_write', 'update', 'daily_dropped_stats'),
           ('footfall_write', 'insert', 'rollup_deltas'),
           ('footfall_write', 'update', 'daily_visitor_sketches'),
           ('footfall_write', 'update', 'writer_heartbeat'),
           ('footfall_read', 'select', 'daily_values'),
           ('footfall_read', 'select', 'daily_visitors'),
           ('footfall_read', 'select', 'daily_analytics_stats'),
           ('footfall_read', 'select', 'quarter_hour_stats'),
           ('footfall_read', 'select', 'analytics_impressions'),
           ('footfall_read', 'select', 'api_keys'),
           ('footfall_collect', 'select', 'projects_version')
)
select case when pg_roles.oid is null then format('there is no role %s', role)
       else format('%s may not %s %s', role, privilege, relation) end
from needed
left join pg_roles on rolname = role
where pg_roles.oid is null
   or not case when privilege = 'select' then has_any_column_privilege(pg_roles.oid, to_regclass(relation), 'select')
          else has_table_privilege(pg_roles.oid, to_regclass(relation), privilege) end
group by 1
order by 1
