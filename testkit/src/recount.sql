-- Keys at which a rollup differs from a recount of what it adds up, at most ten, in words. No parameters; scans all rows.
with events as (
    select project_id, created_at, 1 as impressions, 0 as interactions, null as event_type, 0 as questions, 0 as contacts
    from analytics_impressions
    union all
    select project_id, created_at, 0, 1, event_type::text,
           (event_type = 'ask_question')::integer, (event_type = 'click_contact')::integer
    from analytics_events
),
-- Every rollup and every recount in one shape.
counted as (
    select 'quarter_hours' as rollup, project_id, date_bin('15 minutes', created_at, 'epoch')::text as key,
           format('%s + %s', sum(impressions), sum(interactions)) as counts
    from events group by 1, 2, 3
    union all
    select 'daily_analytics_stats', project_id, (created_at at time zone 'UTC')::date::text,
           format('%s + %s', sum(impressions), sum(interactions))
    from events group by 1, 2, 3
    union all
    select 'quarter_hours', project_id, date_bin('15 minutes', created_at, 'epoch')::text || ' ' || event_type,
           count(*)::text
    from events where event_type is not null group by 1, 2, 3
    union all
    -- Each impression has one value in each of five dimensions, each interaction one in the sixth, each question one in the
    -- seventh, each click on a contact one in the eighth.
    select 'daily_values', project_id, format('%s dimension %s', (created_at at time zone 'UTC')::date, dimension),
           sum(case dimension when 6 then interactions when 7 then questions when 8 then contacts else impressions end)::text
    from events, generate_series(1, 8) as dimension group by 1, 2, 3
    having sum(case dimension when 6 then interactions when 7 then questions when 8 then contacts else impressions end) > 0
    union all
    -- Every project together, but for days that wait to be made anew.
    select 'packed_quarters', '', date_bin('15 minutes', created_at, 'epoch')::text,
           format('%s + %s', sum(impressions), sum(interactions))
    from events where (created_at at time zone 'UTC')::date not in (select date from unlevelled_days where counts_too)
    group by 1, 2, 3
    union all
    select 'daily_values', '', format('%s dimension %s', (created_at at time zone 'UTC')::date, dimension),
           sum(case dimension when 6 then interactions when 7 then questions when 8 then contacts else impressions end)::text
    from events, generate_series(1, 8) as dimension
    where (created_at at time zone 'UTC')::date not in (select date from unlevelled_days where counts_too)
    group by 1, 2, 3
    having sum(case dimension when 6 then interactions when 7 then questions when 8 then contacts else impressions end) > 0
    union all
    select 'daily_dropped_stats', project_id, (received_at at time zone 'UTC')::date::text, sum(dropped_count)::text
    from ingest_ledger where dropped_count > 0 group by 1, 2, 3
),
kept as (
    select 'quarter_hours' as rollup, project_id, bucket_at::text as key,
           format('%s + %s', impressions_count, interactions_count) as counts
    from quarter_hours
    union all
    select 'daily_analytics_stats', project_id, date::text, format('%s + %s', impressions_count, interactions_count)
    from daily_analytics_stats
    union all
    select 'quarter_hours', project_id, bucket_at::text || ' ' || event_type, events_count::text
    from quarter_hours, lateral (values
        ('click_bubble', click_bubble_count), ('open_chat', open_chat_count), ('ask_question', ask_question_count),
        ('click_suggestion', click_suggestion_count), ('submit_form', submit_form_count),
        ('click_contact', click_contact_count)
    ) as of_type (event_type, events_count)
    where events_count <> 0
    union all
    select 'daily_values', project_id, format('%s dimension %s', date, dimension), sum(events_count)::text
    from daily_values where project_id <> '' group by 1, 2, 3
    union all
    select 'packed_quarters', '', bucket_at::text, format('%s + %s', sum(impressions), sum(interactions))
    from (
        select bucket_at, impressions_count, interactions_count from quarter_hour_stats
        union all
        select date::timestamp at time zone 'UTC' + (number - 1) * interval '15 minutes', packed.impressions, packed.interactions
        from packed_quarters, unnest(impressions, interactions) with ordinality as packed (impressions, interactions, number)
        where project_id = ''
    ) as every_quarter (bucket_at, impressions, interactions)
    where (bucket_at at time zone 'UTC')::date not in (select date from unlevelled_days where counts_too)
    group by 1, 2, 3
    having sum(impressions) <> 0 or sum(interactions) <> 0
    union all
    select 'daily_values', '', format('%s dimension %s', date, dimension), sum(events_count)::text
    from (
        select date, dimension, events_count from daily_values where project_id = ''
        union all
        select date, added.dimension, added.count
        from rollup_deltas, unnest(dimensions, counts) as added (dimension, count)
    ) as every_value
    where date not in (select date from unlevelled_days where counts_too)
    group by 1, 2, 3
    union all
    -- The ledger knows no reasons.
    select 'daily_dropped_stats', project_id, date::text, sum(dropped_count)::text
    from daily_dropped_stats group by 1, 2, 3
)
select format('%s %s %s: counted %s, kept %s', rollup, project_id, key, counted.counts, kept.counts)
from counted full join kept using (rollup, project_id, key)
where counted.counts is distinct from kept.counts
limit 10
