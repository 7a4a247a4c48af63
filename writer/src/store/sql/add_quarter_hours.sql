-- Adds a batch's counts to the quarters of an hour. $1 projects, $2 starts, $3 impressions, $4 interactions, $5 to $10
-- interactions of each type in the enum's order; one entry a key. Sorted, as in claim.sql. Index: the primary key.
insert into quarter_hour_stats as stats (
    project_id, bucket_at, impressions_count, interactions_count, click_bubble_count, open_chat_count,
    ask_question_count, click_suggestion_count, submit_form_count, click_contact_count
)
select *
from unnest(
    $1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[]
) as added (
    project_id, bucket_at, impressions_count, interactions_count, click_bubble_count, open_chat_count,
    ask_question_count, click_suggestion_count, submit_form_count, click_contact_count
)
order by project_id, bucket_at
on conflict (project_id, bucket_at) do update
set impressions_count      = stats.impressions_count + excluded.impressions_count,
    interactions_count     = stats.interactions_count + excluded.interactions_count,
    click_bubble_count     = stats.click_bubble_count + excluded.click_bubble_count,
    open_chat_count        = stats.open_chat_count + excluded.open_chat_count,
    ask_question_count     = stats.ask_question_count + excluded.ask_question_count,
    click_suggestion_count = stats.click_suggestion_count + excluded.click_suggestion_count,
    submit_form_count      = stats.submit_form_count + excluded.submit_form_count,
    click_contact_count    = stats.click_contact_count + excluded.click_contact_count
