-- Impressions and interactions by project, of the projects where anything happened in a period.
--   $1 text[]: project ids, or null for every project
--   $2 date, $3 date: the first and last UTC day that lie in the period as a whole
-- and of each day of which a part does (at most two):
--   $4 date[]: the day
--   $5 integer[], $6 integer[]: its first and last quarter of an hour in the period, counted from 1
--   $7 timestamptz[], $8 timestamptz[]: start and end of that part
-- Each project is looked up by itself: daily_analytics_stats_pkey (project_id, date), packed_quarters_pkey (project_id, date),
-- quarter_hour_stats_pkey (project_id, bucket_at).
select
    projects.project_id,
    projects.name,
    counted.impressions,
    counted.interactions
from projects
cross join lateral (
    select
        coalesce(sum(impressions), 0)::bigint as impressions,
        coalesce(sum(interactions), 0)::bigint as interactions
    from (
        select impressions_count as impressions, interactions_count as interactions
        from daily_analytics_stats
        where daily_analytics_stats.project_id = projects.project_id
          and date between $2::date and $3::date
        union all
        select quarter.impressions, quarter.interactions
        from unnest($4::date[], $5::integer[], $6::integer[]) as part (date, first, last)
        join packed_quarters on packed_quarters.project_id = projects.project_id and packed_quarters.date = part.date
        cross join lateral unnest(
            packed_quarters.impressions[part.first:part.last], packed_quarters.interactions[part.first:part.last]
        ) as quarter (impressions, interactions)
        union all
        select impressions_count, interactions_count
        from unnest($7::timestamptz[], $8::timestamptz[]) as part (starts_at, ends_at)
        join quarter_hour_stats on quarter_hour_stats.project_id = projects.project_id
         and quarter_hour_stats.bucket_at >= part.starts_at
         and quarter_hour_stats.bucket_at < part.ends_at
    ) as summands
) as counted
where ($1::text[] is null or projects.project_id = any ($1::text[]))
  and (counted.impressions <> 0 or counted.interactions <> 0)
