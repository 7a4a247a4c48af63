//! Every table, column and index of the design, by what the database itself says of them.

use testkit::TestDatabase;

use crate::catalogue::{columns, foreign_keys, indexes};

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
    assert_eq!(indexes(&client, "daily_analytics_stats").await, ["date", "primary project_id, date"]);
}

#[tokio::test]
async fn packed_rollups_are_keyed_by_project_and_date_with_every_project_among_them() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "packed_quarters").await,
        [
            "project_id text not-null",
            "date date not-null",
            "impressions ARRAY not-null",
            "interactions ARRAY not-null",
            "click_bubble ARRAY not-null",
            "open_chat ARRAY not-null",
            "ask_question ARRAY not-null",
            "click_suggestion ARRAY not-null",
            "submit_form ARRAY not-null",
            "click_contact ARRAY not-null",
        ]
    );
    assert_eq!(
        columns(&client, "packed_values").await,
        [
            "project_id text not-null",
            "dimension smallint not-null",
            "date date not-null",
            "values ARRAY not-null",
            "counts ARRAY not-null",
        ]
    );
    assert_eq!(
        columns(&client, "packed_places").await,
        [
            "project_id text not-null",
            "date date not-null",
            "place_ids ARRAY not-null",
            "counts ARRAY not-null",
        ]
    );
    for (table, key) in [
        ("packed_quarters", "primary project_id, date"),
        ("packed_values", "primary project_id, dimension, date"),
        ("packed_places", "primary project_id, date"),
    ] {
        assert_eq!(indexes(&client, table).await, ["date", key], "{table}");
        assert_eq!(foreign_keys(&client, table).await, Vec::<String>::new(), "{table}");
    }
    for refused in [
        "insert into packed_values values ('', 2, '2026-11-23', '{a,b}', '{1}')",
        "insert into packed_places values ('', '2026-11-23', '{1,null}', '{1,1}')",
        "insert into packed_quarters values ('', '2026-11-23', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}')",
    ] {
        assert_eq!(
            client.batch_execute(refused).await.unwrap_err().code().unwrap().code(),
            "23514",
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_a_project_asks_of_the_collector_stands_beside_its_name() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "projects").await,
        [
            "project_id text not-null",
            "name text not-null",
            "created_at timestamp with time zone not-null default now()",
            "allowed_origins ARRAY not-null default '{}'::text[]",
            "honour_gpc boolean not-null default true",
            "honour_dnt boolean not-null default false",
            "retired_at timestamp with time zone",
            "keep_bots boolean not-null default false",
        ]
    );
    assert_eq!(indexes(&client, "projects").await, ["primary project_id"]);
    assert_eq!(
        columns(&client, "ingest_keys").await,
        [
            "key_id text not-null",
            "project_id text not-null",
            "name text not-null",
            "secret_sha256 bytea not-null",
            "created_at timestamp with time zone not-null default now()",
            "revoked_at timestamp with time zone",
        ]
    );
    assert_eq!(indexes(&client, "ingest_keys").await, ["primary key_id", "project_id"]);
    assert_eq!(
        foreign_keys(&client, "ingest_keys").await,
        ["FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE"]
    );
}

#[tokio::test]
async fn what_was_dropped_is_counted_by_project_date_and_reason() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "daily_dropped_stats").await,
        [
            "project_id text not-null",
            "date date not-null",
            "reason text not-null",
            "dropped_count bigint not-null default 0",
        ]
    );
    assert_eq!(indexes(&client, "daily_dropped_stats").await, ["date", "primary project_id, date, reason"]);
    assert_eq!(foreign_keys(&client, "daily_dropped_stats").await, Vec::<String>::new());
    for reason in shared::envelope::DropReason::ALL {
        let sql = "insert into daily_dropped_stats values ('a', '2026-11-23', $1, 1)";
        client.execute(sql, &[&reason.as_str()]).await.unwrap();
    }
    let unknown = client.batch_execute("update daily_dropped_stats set reason = 'mood'").await.unwrap_err();
    assert_eq!(unknown.code().unwrap().code(), "23514");
}

#[tokio::test]
async fn a_writer_has_one_row_of_how_far_it_has_come() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "writer_progress").await,
        [
            "writer_id uuid not-null",
            "reported_at timestamp with time zone not-null",
            "complete_until timestamp with time zone",
            "waiting_messages bigint",
            "oldest_pending_at timestamp with time zone",
            "consumers integer not-null default 0",
            "returns bigint not-null default 0",
        ]
    );
    assert_eq!(indexes(&client, "writer_progress").await, ["primary writer_id"]);
}

#[tokio::test]
async fn the_ledger_counts_what_became_of_an_envelopes_events() {
    let database = TestDatabase::create().await;
    let client = database.client().await;

    assert_eq!(
        columns(&client, "ingest_ledger").await,
        [
            "received_at timestamp with time zone not-null",
            "committed_at timestamp with time zone not-null default now()",
            "envelope_id uuid not-null",
            "stored_count integer not-null",
            "quarantined_count integer not-null",
            "dropped_count integer not-null default 0",
            "project_id text not-null",
            "events_hash bytea not-null",
        ]
    );
    assert_eq!(indexes(&client, "ingest_ledger").await, ["primary envelope_id, project_id", "received_at"]);
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
