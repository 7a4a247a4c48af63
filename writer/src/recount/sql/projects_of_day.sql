-- Projects with raw rows or rollups on a UTC day. $1 date, $2 and $3 timestamptz: its start and end, $4 text: one project, or null
-- for all, $5 smallint[]: dimensions. A look-up by project and time in each table.
select project_id
from projects as p
where ($4::text is null or project_id = $4::text)
  and (
      exists (select from analytics_impressions where project_id = p.project_id and created_at >= $2 and created_at < $3)
      or exists (select from analytics_events where project_id = p.project_id and created_at >= $2 and created_at < $3)
      or exists (select from quarter_hour_stats where project_id = p.project_id and bucket_at >= $2 and bucket_at < $3)
      or exists (select from packed_quarters where project_id = p.project_id and date = $1)
      or exists (select from daily_analytics_stats where project_id = p.project_id and date = $1)
      or exists (select from daily_value_stats
                 where project_id = p.project_id and dimension = any ($5::smallint[]) and date = $1)
      or exists (select from packed_values
                 where project_id = p.project_id and dimension = any ($5::smallint[]) and date = $1)
      or exists (select from packed_places where project_id = p.project_id and date = $1)
      or exists (select from daily_dimension_stats where project_id = p.project_id and date = $1)
      or exists (select from daily_visitor_sketches where project_id = p.project_id and date = $1)
      or exists (select from rollup_deltas where project_id = p.project_id and date = $1)
  )
order by project_id
