-- Interactions of each type that wait to be packed.
--   $1 text[]: project ids, or null for every project
--   $2 timestamptz: start of the range
--   $3 timestamptz: end of the range, excluded
-- Counts on quarter_hour_stats_pkey (project_id, bucket_at), or for every project on quarter_hour_stats_bucket_at_idx.
select
    coalesce(sum(click_bubble_count), 0)::bigint as click_bubble,
    coalesce(sum(open_chat_count), 0)::bigint as open_chat,
    coalesce(sum(ask_question_count), 0)::bigint as ask_question,
    coalesce(sum(click_suggestion_count), 0)::bigint as click_suggestion,
    coalesce(sum(submit_form_count), 0)::bigint as submit_form,
    coalesce(sum(click_contact_count), 0)::bigint as click_contact
from quarter_hour_stats
where ($1::text[] is null or project_id = any ($1::text[]))
  and bucket_at >= $2::timestamptz
  and bucket_at < $3::timestamptz
