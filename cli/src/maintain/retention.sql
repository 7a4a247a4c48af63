-- Sets how many months raw rows ($1) and rollups ($2) are kept, and how many days the ledger remembers ($3), and answers all three;
-- null leaves one as it is. One row, no index.
update retention
set raw_months    = coalesce($1::integer, raw_months),
    rollup_months = coalesce($2::integer, rollup_months),
    ledger_days   = coalesce($3::integer, ledger_days)
returning raw_months, rollup_months, ledger_days
