-- Days whose rows of '' are to be made anew, the latest first, and whether their counts are, too. No parameters. Scans the
-- table, which is small.
select date, counts_too from unlevelled_days order by date desc
