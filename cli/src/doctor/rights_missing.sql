-- Rights that the services' roles need and do not hold, and roles that do not exist, in words. No parameters. Reads the catalogue.
with needed (role, privilege, object) as (
    values ('footfall_write', 'insert', 'analytics_impressions'),
           ('footfall_write', 'insert', 'analytics_events'),
           ('footfall_write', 'insert', 'ingest_ledger'),
           ('footfall_write', 'select', 'ingest_ledger'),
           ('footfall_write', 'insert', 'quarantine'),
           ('footfall_write', 'select', 'quarantine'),
           ('footfall_write', 'update', 'daily_analytics_stats'),
           ('footfall_write', 'update', 'quarter_hour_stats'),
           ('footfall_write', 'update', 'daily_dropped_stats'),
           ('footfall_write', 'insert', 'rollup_deltas'),
           ('footfall_write', 'update', 'daily_visitor_sketches'),
           ('footfall_write', 'update', 'writer_heartbeat'),
           ('footfall_write', 'insert', 'writer_progress'),
           ('footfall_write', 'delete', 'writer_progress'),
           ('footfall_read', 'select', 'writer_progress'),
           ('footfall_write', 'select', 'unlevelled_days'),
           ('footfall_write', 'execute', 'fold_rollups(integer)'),
           ('footfall_write', 'execute', 'pack_quarters(integer)'),
           ('footfall_write', 'execute', 'pack_values(integer)'),
           ('footfall_write', 'execute', 'level_day(date)'),
           ('footfall_write', 'execute', 'day_is_levelled(date)'),
           ('footfall_read', 'select', 'daily_values'),
           ('footfall_read', 'select', 'daily_visitors'),
           ('footfall_write', 'execute', 'lock_projects_with_rules(text[])'),
           ('footfall_write', 'execute', 'make_month(text, date, boolean)'),
           ('footfall_write', 'execute', 'expire_partition(text, text)'),
           ('footfall_write', 'execute', 'expire_rows(integer)'),
           ('footfall_read', 'select', 'daily_analytics_stats'),
           ('footfall_read', 'select', 'quarter_hour_stats'),
           ('footfall_read', 'select', 'packed_quarters'),
           ('footfall_read', 'select', 'packed_values'),
           ('footfall_read', 'select', 'packed_places'),
           ('footfall_read', 'select', 'places'),
           ('footfall_read', 'select', 'daily_dropped_stats'),
           ('footfall_read', 'select', 'analytics_impressions'),
           ('footfall_read', 'select', 'ingest_ledger'),
           ('footfall_read', 'select', 'quarantine'),
           ('footfall_read', 'select', 'api_keys'),
           ('footfall_read', 'select', 'api_key_projects'),
           ('footfall_read', 'select', 'shares'),
           ('footfall_read', 'select', 'share_projects'),
           ('footfall_read', 'select', 'projects'),
           ('footfall_collect', 'select', 'projects'),
           ('footfall_collect', 'select', 'ingest_keys'),
           ('footfall_collect', 'select', 'projects_version')
)
select case when pg_roles.oid is null then format('there is no role %s', role)
       else format('%s may not %s %s', role, privilege, object) end
from needed
left join pg_roles on rolname = role
where pg_roles.oid is null
   -- Null, and so not held, where there is no such object.
   or case privilege
      when 'execute' then has_function_privilege(pg_roles.oid, to_regprocedure(object), 'execute')
      when 'select' then has_any_column_privilege(pg_roles.oid, to_regclass(object), 'select')
      else has_table_privilege(pg_roles.oid, to_regclass(object), privilege) end is not true
group by 1
order by 1
