//! The ledger's weeks: made while rows wait for them, dropped while rows in them must be remembered, and never a twin missed.

use std::collections::BTreeSet;

use testkit::envelopes::{envelope, impression, message};
use time::OffsetDateTime;
use uuid::Builder;
use writer::batch::Batch;
use writer::enrich::Enricher;
use writer::enrich::geo::Geo;
use writer::flush::flush;
use writer::maintain::{Manner, WEEKS_AHEAD};
use writer::store::{Receipt, Store};

use crate::support::{Bench, IMPATIENT};

/// As an operator asks for it.
const HOWEVER_LONG: Manner = Manner { however_long: true, attempts_max: 100 };
/// The two last weeks were never made.
const FORGET_TWO_WEEKS: &str = "
do $$
declare
    week record;
begin
    alter table ingest_ledger detach partition ingest_ledger_late;
    for week in select * from ledger_weeks order by week desc limit 2 loop
        execute format('drop table %I', week.partition);
    end loop;
    execute format('alter table ingest_ledger attach partition ingest_ledger_late for values from (%L) to (maxvalue)',
                   (select ledger_bound(max(ends)) from ledger_weeks));
end $$";
/// As if the migration had run long ago: the first week ends 70 days ago, the next one 63, and one long one reaches to this week.
const LONG_AGO: &str = r#"
set role footfall_migrate;
do $$
declare
    monday constant date := date_trunc('week', now() at time zone 'UTC')::date - 70;
    ends   constant date := (select ends from ledger_weeks where week = '2024-01-01');
    week   text;
    bounds date[];
begin
    alter table ingest_ledger detach partition ingest_ledger_2024_01_01;
    execute format('alter table ingest_ledger attach partition ingest_ledger_2024_01_01 for values from (%L) to (%L)',
                   ledger_bound('2024-01-01'::date), ledger_bound(monday));
    foreach bounds slice 1 in array array[array[monday, monday + 7], array[monday + 7, ends]] loop
        week := to_char(bounds[1], '"ingest_ledger_"YYYY"_"MM"_"DD');
        execute format('create table %I partition of ingest_ledger for values from (%L) to (%L)',
                       week, ledger_bound(bounds[1]), ledger_bound(bounds[2]));
    end loop;
end $$;
reset role"#;

/// `count` envelopes' ids and receipts, stored by SQL: `clock` and `received` are given as SQL.
async fn remember(bench: &Bench, clock: &str, received: &str, count: u32) {
    let sql = format!(
        "insert into ingest_ledger (envelope_id, project_id, events_hash, stored_count, quarantined_count, received_at)
         select (left(ledger_bound({clock})::text, 14) || '7' || substring(gen_random_uuid()::text from 16))::uuid,
                'alpha', 'hash', 1, 0, {received}
         from generate_series(1, {count})"
    );
    bench.client.batch_execute(&sql).await.unwrap();
}

/// Every id of the ledger.
async fn ids(bench: &Bench) -> BTreeSet<String> {
    let rows = bench.client.query("select envelope_id::text from ingest_ledger", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Stores an impression of a client whose clock is so many days behind.
fn days_behind(days: i64) -> shared::envelope::Envelope {
    let at: OffsetDateTime = shared::clock::now() - time::Duration::days(days);
    let ms = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
    let random: [u8; 10] = std::array::from_fn(|_| fastrand::u8(..));
    let id = Builder::from_unix_timestamp_millis(ms, &random).into_uuid();
    let sent = envelope("alpha", vec![impression("https://example.com/")]);
    shared::envelope::Envelope { envelope_id: id.try_into().unwrap(), ..sent }
}

async fn store(bench: &Bench, sent: &[shared::envelope::Envelope]) -> Receipt {
    let mut batch = Batch::default();
    batch.add(shared::queue::Delivery { body: message(sent), returned_count: 0, tag: 1 });
    let mut prepared = Enricher::new(Geo::open(&[]).unwrap()).prepare(batch);
    let mut store = Store::new(bench.database.url().parse().unwrap());
    flush(&mut store, &mut prepared).await.unwrap()
}

#[tokio::test]
async fn missing_weeks_are_made_and_what_waited_for_them_is_found() {
    let bench = Bench::new().await;
    bench.client.batch_execute(FORGET_TWO_WEEKS).await.unwrap();
    let sent = [days_behind(-22), days_behind(-27), days_behind(-400), days_behind(0)];
    store(&bench, &sent).await;
    let before = ids(&bench).await;
    assert!(bench.count("ingest_ledger_late").await >= 2);

    let first = bench.maintain().await;
    let second = bench.maintain().await;

    assert_eq!((first.made.len(), second.made.len()), (2, 0), "{first:?}");
    let ahead: i32 = bench.client.query_one("select ledger_weeks_ahead()", &[]).await.unwrap().get(0);
    assert_eq!(ahead, WEEKS_AHEAD);
    assert_eq!(bench.count("ingest_ledger_late").await, 1, "the clock that is far ahead");
    assert_eq!(ids(&bench).await, before);
    assert_eq!(store(&bench, &sent).await.duplicate_envelopes, 4);
}

#[tokio::test]
async fn a_week_that_many_rows_wait_for_is_left_unless_an_operator_asks_for_it() {
    let bench = Bench::new().await;
    bench.client.batch_execute(FORGET_TWO_WEEKS).await.unwrap();
    remember(&bench, "date_trunc('week', now()) + interval '23 days'", "now()", 5_001).await;

    let left = bench.maintain().await;
    let done = bench.maintain_in(HOWEVER_LONG).await;

    assert_eq!((left.made.len(), left.crowded.len()), (0, 1), "{left:?}");
    assert_eq!((done.made.len(), done.crowded.len()), (2, 0), "{done:?}");
    assert_eq!((bench.count("ingest_ledger_late").await, bench.count("ingest_ledger").await), (0, 5_001));
}

#[tokio::test]
async fn an_expired_week_is_dropped_and_what_came_late_in_it_is_remembered() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    for clock in ["now() - interval '66 days'", "now() - interval '200 days'"] {
        remember(&bench, clock, "now() - interval '32 days'", 10).await;
    }
    let sent = [days_behind(66), days_behind(200), days_behind(10_000), days_behind(40)];
    store(&bench, &sent).await;

    let report = bench.maintain().await;

    assert_eq!(report.dropped.len(), 2, "{report:?}");
    assert_eq!((bench.count("ledger_weeks").await, bench.count("ingest_ledger_early").await), (1 + 4, 3));
    assert_eq!(bench.count("ingest_ledger").await, 4, "what need not be remembered is gone");
    assert_eq!(store(&bench, &sent).await.duplicate_envelopes, 4);
    assert_eq!(bench.maintain().await.dropped, Vec::<String>::new());
}

#[tokio::test]
async fn a_week_that_ended_as_long_ago_as_is_remembered_stays_for_a_day_more() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    let age = "select now()::date - min(ends) from ledger_weeks";
    let age: i32 = bench.client.query_one(age, &[]).await.unwrap().get(0);
    for (days, left) in [(age, 7), (age - 1, 6)] {
        bench.client.execute("update retention set ledger_days = $1", &[&days]).await.unwrap();
        bench.maintain().await;
        assert_eq!(bench.count("ledger_weeks").await, left, "remembered for {days} days");
    }
}

#[tokio::test]
async fn a_week_in_which_many_rows_came_late_stays_unless_an_operator_asks() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    remember(&bench, "now() - interval '200 days'", "now()", 5_001).await;

    let left = bench.maintain().await;
    assert_eq!((left.dropped.len(), left.crowded.len()), (0, 1), "{left:?}");
    let done = bench.maintain_in(HOWEVER_LONG).await;

    assert_eq!((done.dropped.len(), done.crowded.len()), (2, 0), "{done:?}");
    assert_eq!(bench.count("ingest_ledger").await, 5_001);
}

#[tokio::test]
async fn a_run_that_ended_after_any_step_is_finished_by_the_next() {
    for last in 1..=3 {
        let bench = Bench::new().await;
        bench.client.batch_execute(LONG_AGO).await.unwrap();
        let sent = [days_behind(200)];
        store(&bench, &sent).await;
        for step in &["promise", "prove", "detach"][..last] {
            let taken = "select expire_ledger_week('ingest_ledger_2024_01_01', $1, false)";
            assert_eq!(bench.client.query_one(taken, &[step]).await.unwrap().get::<_, &str>(0), "taken");
        }
        let late = [days_behind(201), days_behind(66)];
        store(&bench, &late).await;

        let report = bench.maintain().await;

        assert_eq!(report.dropped.len(), 2, "after step {last}: {report:?}");
        assert_eq!(store(&bench, &sent).await.duplicate_envelopes, 1);
        assert_eq!(store(&bench, &late).await.duplicate_envelopes, 2);
    }
}

#[tokio::test]
async fn expired_rows_of_both_edges_are_deleted() {
    let bench = Bench::new().await;
    for clock in ["'1970-01-01'::timestamptz", "'2200-01-01'::timestamptz"] {
        remember(&bench, clock, "now() - interval '32 days'", 5_001).await;
        remember(&bench, clock, "now() - interval '30 days 12 hours'", 1).await;
    }

    let report = bench.maintain().await;

    assert_eq!((report.expire_rounds, bench.count("ingest_ledger").await), (2, 2));
}

#[tokio::test]
async fn a_ledger_that_remembers_for_ever_drops_nothing() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    bench.client.batch_execute("update retention set ledger_days = 0").await.unwrap();
    remember(&bench, "'1970-01-01'::timestamptz", "'1999-01-01'", 1).await;

    assert_eq!(bench.maintain().await.dropped, Vec::<String>::new());
    assert_eq!((bench.count("ledger_weeks").await, bench.count("ingest_ledger").await), (3 + 4, 1));
    for days in [7, -1, 3_651] {
        let set = bench.client.execute("update retention set ledger_days = $1", &[&days]).await;
        assert_eq!(set.unwrap_err().code().unwrap().code(), "23514", "{days}");
    }
}

#[tokio::test]
async fn a_writer_in_a_long_transaction_keeps_the_maintainer_waiting_and_no_other_writer() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    bench.client.batch_execute(FORGET_TWO_WEEKS).await.unwrap();
    let claim = "insert into ingest_ledger (envelope_id, project_id, events_hash, stored_count, quarantined_count, received_at)
                 values (gen_random_uuid(), 'alpha', 'hash', 1, 0, now())";
    let long = bench.database.client().await;
    long.batch_execute(&format!("begin; {claim}")).await.unwrap();

    let writing = async {
        for _ in 0..40 {
            let client = bench.database.client().await;
            client.batch_execute(&format!("set lock_timeout = '5s'; {claim}")).await.unwrap();
        }
    };
    let (in_vain, ()) = tokio::join!(bench.maintain_in(IMPATIENT), writing);
    assert_eq!((in_vain.made.len(), in_vain.dropped.len()), (0, 0), "{in_vain:?}");
    assert_eq!(in_vain.given_up.len(), 2, "{in_vain:?}");

    long.batch_execute("commit").await.unwrap();
    let report = bench.maintain().await;
    assert_eq!((report.made.len(), report.dropped.len()), (2, 2), "{report:?}");
    assert_eq!(bench.count("ingest_ledger").await, 41);
}

#[tokio::test]
async fn writers_whose_clients_clocks_lie_lose_and_double_nothing_while_weeks_come_and_go() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    bench.client.batch_execute(FORGET_TWO_WEEKS).await.unwrap();
    let sent: Vec<_> = (0..400).map(|_| days_behind(fastrand::i64(-40..300))).collect();

    let writers = sent.chunks(100).map(async |own| {
        let mut stored = 0;
        for part in own.chunks(5) {
            stored += store(&bench, part).await.impressions;
        }
        stored
    });
    let (report, stored) = tokio::join!(bench.maintain(), futures_util::future::join_all(writers));

    assert_eq!((report.made.len(), report.dropped.len()), (2, 2), "{report:?}");
    assert_eq!(stored, [100; 4]);
    assert_eq!(store(&bench, &sent).await.duplicate_envelopes, 400);
}

#[tokio::test]
async fn the_write_role_can_drop_what_the_ledger_need_not_remember_and_nothing_else() {
    let bench = Bench::new().await;
    bench.client.batch_execute(LONG_AGO).await.unwrap();
    let weeks = bench.client.query("select partition from ledger_weeks order by week", &[]).await.unwrap();
    let weeks: Vec<String> = weeks.iter().map(|row| row.get(0)).collect();
    bench.client.batch_execute("set role footfall_write").await.unwrap();

    for step in ["promise", "prove", "detach", "drop"] {
        for table in
            weeks[1..].iter().map(String::as_str).chain(["ingest_ledger", "ingest_ledger_early", "projects"])
        {
            let sql = "select expire_ledger_week($1, $2, true)";
            let taken = bench.client.query_one(sql, &[&table, &step]).await.unwrap();
            assert_eq!(taken.get::<_, &str>(0), "nothing", "{step} {table}");
        }
    }
    let elsewhere = "select make_ledger_week(current_date + 1, true)";
    assert_eq!(bench.client.query_one(elsewhere, &[]).await.unwrap().get::<_, &str>(0), "exists");
    for forbidden in [
        format!("drop table {}", weeks[0]),
        "delete from ingest_ledger".to_owned(),
        "delete from ingest_ledger_early".to_owned(),
        "update retention set ledger_days = 8".to_owned(),
    ] {
        let refused = bench.client.batch_execute(&forbidden).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{forbidden}");
    }
}
