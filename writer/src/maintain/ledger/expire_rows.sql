-- Deletes expired rows of the ledger's two edges; answers how many of the one that had more. $1 integer: most rows of each. Scans
-- the edges, which are small.
select expire_ledger_rows($1)
