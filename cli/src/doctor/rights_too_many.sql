-- Rights that the services' roles hold on our tables and must not, in words. No parameters. Reads the catalogue.
select format('%s may %s %s', role, privilege, relname)
from pg_class,
     unnest(array['footfall_write', 'footfall_read', 'footfall_collect']) as role,
     unnest(array['insert', 'update', 'delete', 'truncate']) as privilege
where relnamespace = 'public'::regnamespace
  and relkind in ('r', 'p', 'v')
  and exists (select from pg_roles where rolname = role)
  and has_table_privilege(role, pg_class.oid, privilege)
  and not (
      role = 'footfall_write'
      and case privilege
          when 'insert' then relname in (
              'analytics_impressions', 'analytics_events', 'ingest_ledger', 'quarantine', 'daily_analytics_stats',
              'quarter_hour_stats', 'daily_dropped_stats', 'daily_visitor_sketches', 'rollup_deltas', 'writer_heartbeat')
          when 'update' then relname in (
              'daily_analytics_stats', 'quarter_hour_stats', 'daily_dropped_stats', 'daily_visitor_sketches',
              'writer_heartbeat')
          else false end
  )
order by 1
