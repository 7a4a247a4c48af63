-- Removes totals of a project's day that came to nothing. $1 text: project, $2 date, $3 and $4 timestamptz: the day's start and
-- end. Indexes: the primary keys.
with quarters as (
    delete from quarter_hour_stats
    where project_id = $1 and bucket_at >= $3 and bucket_at < $4
      and impressions_count = 0 and interactions_count = 0 and click_bubble_count = 0 and open_chat_count = 0
      and ask_question_count = 0 and click_suggestion_count = 0 and submit_form_count = 0 and click_contact_count = 0
)
delete from daily_analytics_stats
where project_id = $1 and date = $2 and impressions_count = 0 and interactions_count = 0
