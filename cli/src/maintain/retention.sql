-- Sets how many months raw rows ($1) and rollups ($2) are kept, and answers both; null leaves one as it is. One row, no index.
update retention
set raw_months    = coalesce($1::integer, raw_months),
    rollup_months = coalesce($2::integer, rollup_months)
returning raw_months, rollup_months
