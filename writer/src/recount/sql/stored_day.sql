-- A project's totals of a day. $1 text: project, $2 date. Index: the primary key.
select impressions_count, interactions_count from daily_analytics_stats where project_id = $1 and date = $2
