-- A project's quarters of an hour of a day, packed or not. $1 text: project, $2 and $3 timestamptz: start and end. Indexes: the
-- primary keys.
select bucket_at,
       sum(impressions_count)::bigint as impressions_count,
       sum(interactions_count)::bigint as interactions_count,
       sum(click_bubble_count)::bigint as click_bubble_count,
       sum(open_chat_count)::bigint as open_chat_count,
       sum(ask_question_count)::bigint as ask_question_count,
       sum(click_suggestion_count)::bigint as click_suggestion_count,
       sum(submit_form_count)::bigint as submit_form_count,
       sum(click_contact_count)::bigint as click_contact_count
from (
    select bucket_at, impressions_count, interactions_count, click_bubble_count, open_chat_count, ask_question_count,
           click_suggestion_count, submit_form_count, click_contact_count
    from quarter_hour_stats
    where project_id = $1 and bucket_at >= $2 and bucket_at < $3
    union all
    select $2::timestamptz + (quarter.number - 1) * interval '15 minutes', quarter.impressions, quarter.interactions,
           quarter.click_bubble, quarter.open_chat, quarter.ask_question, quarter.click_suggestion, quarter.submit_form,
           quarter.click_contact
    from packed_quarters,
         unnest(impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form, click_contact)
             with ordinality as quarter (
                 impressions, interactions, click_bubble, open_chat, ask_question, click_suggestion, submit_form,
                 click_contact, number
             )
    where project_id = $1 and date = ($2::timestamptz at time zone 'UTC')::date
) as quarters
group by bucket_at
