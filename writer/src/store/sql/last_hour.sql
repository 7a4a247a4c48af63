-- Of the last hour: entries of the quarantine that tell of builds or tables that do not fit, at most 10,000; and rows of events
-- of about that time. No parameters. Indexes: the primary key of quarantine, read from its end, and the one on bucket_at.
select (
           select count(*)
           from (select reason, quarantined_at from quarantine order by quarantine_id desc limit 10000) as latest
           where reason in ('refused', 'undecodable')
             and quarantined_at > now() - interval '1 hour'
       ),
       (
           select coalesce(sum(impressions_count + interactions_count), 0)::bigint
           from quarter_hour_stats
           where bucket_at > now() - interval '1 hour'
       )
