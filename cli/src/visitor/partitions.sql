-- Every partition of the two raw tables: table and name. No parameters. Reads the catalogue.
select parent::regclass::text, relid::regclass::text
from unnest(array['analytics_impressions', 'analytics_events']) as parent, pg_partition_tree(parent::regclass)
where isleaf
order by relid::regclass::text
