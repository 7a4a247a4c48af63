-- The Monday of the next week to make; null: none. $1 integer: weeks ahead. Reads the catalogue.
select ledger_week_wanted($1)
