-- What was stored: impressions, interactions, envelopes, entries in quarantine. No parameters; scans the tables.
select (select count(*) from analytics_impressions),
       (select count(*) from analytics_events),
       (select count(*) from ingest_ledger),
       (select count(*) from quarantine)
