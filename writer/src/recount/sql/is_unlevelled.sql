-- Whether the counts of '' of a day wait to be made anew. $1 date. Index: the primary key.
select exists (select from unlevelled_days where date = $1 and counts_too)
