//! Every table, column and index of the design, by what the database itself says of them.

use testkit::TestDatabase;
use tokio_postgres::Client;

/// `name type nullable default identity` of each column, in order.
async fn columns(client: &Client, table: &str) -> Vec<String> {
    let sql = "
        select concat_ws(' ', column_name, case data_type when 'USER-DEFINED' then udt_name else data_type end,
                         case is_nullable when 'NO' then 'not-null' end, 'default ' || column_default,
                         'identity ' || identity_generation)
        from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// `(columns)` of each index, unique ones marked, sorted.
async fn indexes(client: &Client, table: &str) -> Vec<String> {
    let sql = "
        select (case when indisprimary then 'primary ' when indisunique then 'unique ' else '' end)
               || (select string_agg(a.attname, ', ' order by k.place) from unnest(indkey) with ordinality k (attnum, place)
                   join pg_attribute a on a.attrelid = indrelid and a.attnum = k.attnum)
        from pg_index where indrelid = $1::text::regclass order by 1";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Each foreign key, in Postgres's words.
async fn foreign_keys(client: &Client, table: &str) -> Vec<String> {
    let sql = "select pg_get_constraintdef(oid) from pg_constraint \
               where conrelid = $1::text::regclass and contype = 'f' and conparentid = 0 order by 1";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn impressions_have_exactly_the_columns_and_indexes_of_the_design() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "analytics_impressions").await,
        [
            "id bigint not-null identity ALWAYS",
            "project_id text not-null",
            "visitor_id uuid",
            "session_id uuid",
            "url text",
            "referrer text",
            "user_agent text",
            "geo_country text",
            "geo_city text",
            "geo_lat double precision",
            "geo_lng double precision",
            "created_at timestamp with time zone not-null default now()",
        ]
    );
    assert_eq!(
        indexes(&client, "analytics_impressions").await,
        ["created_at", "primary id, created_at", "project_id, created_at"]
    );
    assert_eq!(
        foreign_keys(&client, "analytics_impressions").await,
        ["FOREIGN KEY (project_id) REFERENCES projects(project_id)"]
    );
}

#[tokio::test]
async fn events_have_exactly_the_columns_and_indexes_of_the_design() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "analytics_events").await,
        [
            "id bigint not-null identity ALWAYS",
            "project_id text not-null",
            "visitor_id uuid",
            "session_id uuid",
            "event_type event_type not-null",
            "event_label text",
            "event_data jsonb",
            "created_at timestamp with time zone not-null default now()",
        ]
    );
    assert_eq!(
        indexes(&client, "analytics_events").await,
        ["created_at", "primary id, created_at", "project_id, event_type, created_at"]
    );
    assert_eq!(
        foreign_keys(&client, "analytics_events").await,
        ["FOREIGN KEY (project_id) REFERENCES projects(project_id)"]
    );
    let labels = "select array_agg(enumlabel::text order by enumsortorder) from pg_enum \
                  where enumtypid = 'event_type'::regtype";
    let labels: Vec<String> = client.query_one(labels, &[]).await.unwrap().get(0);
    assert_eq!(labels, shared::event::InteractionType::ALL.map(|known| known.as_str().to_owned()));
}

#[tokio::test]
async fn the_daily_rollup_is_keyed_by_project_and_date() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "daily_analytics_stats").await,
        [
            "project_id text not-null",
            "date date not-null",
            "impressions_count bigint not-null default 0",
            "interactions_count bigint not-null default 0",
        ]
    );
    assert_eq!(indexes(&client, "daily_analytics_stats").await, ["primary project_id, date"]);
}

#[tokio::test]
async fn both_raw_tables_are_partitioned_by_month_on_created_at_three_months_ahead() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    for table in ["analytics_impressions", "analytics_events"] {
        let key = "select pg_get_partkeydef($1::text::regclass)";
        let key: String = client.query_one(key, &[&table]).await.unwrap().get(0);
        assert_eq!(key, "RANGE (created_at)");

        let sql = "
            select count(*) from generate_series(-1, 3) as ahead
            join pg_inherits on inhparent = $1::text::regclass
                and inhrelid = to_regclass($1 || to_char((now() at time zone 'UTC')::date + make_interval(months => ahead),
                                                         '_YYYY_MM'))";
        let months: i64 = client.query_one(sql, &[&table]).await.unwrap().get(0);
        assert_eq!(months, 5, "{table}: last month, this one and three ahead");
    }
}

#[tokio::test]
async fn an_unknown_project_is_refused_by_the_foreign_key() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    for insert in [
        "insert into analytics_impressions (project_id) values ('nobody')",
        "insert into analytics_events (project_id, event_type) values ('nobody', 'open_chat')",
    ] {
        let refused = client.batch_execute(insert).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23503", "{insert}");
    }
}

#[tokio::test]
async fn the_read_role_reads_reports_and_neither_writes_nor_sees_what_is_kept_in_quarantine() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    client.batch_execute("set role footfall_read").await.unwrap();
    for allowed in [
        "select * from analytics_impressions",
        "select * from quarter_hour_stats",
        "select reason from quarantine",
        "select * from api_keys",
    ] {
        client.batch_execute(allowed).await.unwrap();
    }
    for forbidden in
        ["insert into projects values ('a', 'A')", "select payload from quarantine", "delete from api_keys"]
    {
        assert_eq!(
            client.batch_execute(forbidden).await.unwrap_err().code().unwrap().code(),
            "42501",
            "{forbidden}"
        );
    }
}
