-- Whether this server is a standby, whose names commits wait for, how many standbys are connected, and how many of them commits
-- wait for: null where this user may not see it. No parameters. Reads the sessions of the replication.
select pg_is_in_recovery() as is_standby,
       current_setting('synchronous_standby_names') as names,
       count(*) as connected,
       case when count(*) = count(sync_state)
            then count(*) filter (where sync_state in ('sync', 'quorum')) end as synchronous
from pg_stat_replication
