-- What waits for the one writer that folds: deltas, quarters of an hour that began two hours ago or longer, and days of which
-- every project together is to be counted anew. $1 bigint: most rows that are counted of each. Index: bucket_at; the others are
-- scanned.
select (select count(*) from (select from rollup_deltas limit $1) as counted),
       (select count(*) from (
           select from quarter_hour_stats where bucket_at < now() - interval '2 hours' limit $1
       ) as counted),
       (select count(*) from unlevelled_days)
