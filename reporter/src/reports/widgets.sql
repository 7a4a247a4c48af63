-- Impressions and interactions by project, of the projects where anything happened in a period.
--   $1 text[]: project ids, or null for every project
--   $2 date, $3 date: the first and last UTC day that is counted as a whole
-- and for each part of a day that is to be added, or to be taken away from a whole one (at most two of either):
--   $4 date[]: the day
--   $5 integer[], $6 integer[]: its first and last quarter of an hour, counted from 1
--   $7 timestamptz[], $8 timestamptz[]: its start and end
--   $9 integer[]: 1, or -1 where it is taken away
-- Counts on daily_analytics_stats_pkey (project_id, date) or daily_analytics_stats_date_idx, packed_quarters_pkey (project_id, date),
-- and quarter_hour_stats_pkey (project_id, bucket_at) or quarter_hour_stats_bucket_at_idx.
select
    project_id,
    projects.name,
    counted.impressions,
    counted.interactions
from (
    select
        project_id,
        sum(impressions)::bigint as impressions,
        sum(interactions)::bigint as interactions
    from (
        select project_id, impressions_count as impressions, interactions_count as interactions
        from daily_analytics_stats
        where ($1::text[] is null or project_id = any ($1::text[]))
          and date between $2::date and $3::date
        union all
        select packed_quarters.project_id, part.sign * quarters.impressions, part.sign * quarters.interactions
        from unnest($4::date[], $5::integer[], $6::integer[], $9::integer[]) as part (date, first, last, sign)
        join packed_quarters on packed_quarters.date = part.date
         and packed_quarters.project_id = any (coalesce($1::text[], array(select project_id from projects)))
        cross join lateral (
            select sum(impressions)::bigint as impressions, sum(interactions)::bigint as interactions
            from unnest(
                packed_quarters.impressions[part.first:part.last], packed_quarters.interactions[part.first:part.last]
            ) as quarter (impressions, interactions)
        ) as quarters
        union all
        select project_id, part.sign * impressions_count, part.sign * interactions_count
        from unnest($7::timestamptz[], $8::timestamptz[], $9::integer[]) as part (starts_at, ends_at, sign)
        join quarter_hour_stats on bucket_at >= part.starts_at and bucket_at < part.ends_at
         and ($1::text[] is null or project_id = any ($1::text[]))
    ) as summands
    group by project_id
    having sum(impressions) <> 0 or sum(interactions) <> 0
) as counted
join projects using (project_id)
