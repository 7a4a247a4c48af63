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
              'quarter_hour_stats', 'daily_dropped_stats', 'daily_visitor_sketches', 'rollup_deltas', 'writer_heartbeat',
              'writer_progress')
          when 'update' then relname in (
              'daily_analytics_stats', 'quarter_hour_stats', 'daily_dropped_stats', 'daily_visitor_sketches',
              'writer_heartbeat', 'writer_progress')
          when 'delete' then relname = 'writer_progress'
          else false end
  )
union all
-- Secrets' hashes, and what is kept of strangers.
select format('%s may read %s.%s', role, relation, attribute)
from (
    values ('footfall_write', 'api_keys', 'secret_sha256'),
           ('footfall_write', 'shares', 'secret_sha256'),
           ('footfall_collect', 'shares', 'secret_sha256'),
           ('footfall_write', 'ingest_keys', 'secret_sha256'),
           ('footfall_read', 'ingest_keys', 'secret_sha256'),
           ('footfall_read', 'quarantine', 'payload'),
           ('footfall_collect', 'api_keys', 'secret_sha256'),
           ('footfall_collect', 'quarantine', 'payload'),
           ('footfall_collect', 'analytics_impressions', 'url'),
           ('footfall_collect', 'analytics_events', 'event_data')
) as hidden (role, relation, attribute)
where exists (select from pg_roles where rolname = role)
  and to_regclass(relation) is not null
  and has_column_privilege(role, to_regclass(relation), attribute, 'select')
order by 1
