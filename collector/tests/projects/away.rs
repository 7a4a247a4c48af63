//! Postgres away, cut off, silent or not migrated: the copy stays as it was, and follows again by itself.

use collector::projects::Found;
use testkit::eventually;
use tokio_postgres::Client;

use crate::support::{Followed, IN_FORCE_LIMIT};

#[tokio::test]
async fn with_postgres_away_at_the_start_nothing_is_known_until_it_comes() {
    let (proxy, followed) = Followed::behind_a_closed_proxy().await;
    for project in ["alpha", "gamma"] {
        assert_eq!(followed.find(project), Found::NotLoaded);
    }
    assert_eq!((followed.projects.loaded(), followed.projects.age()), (None, None));

    proxy.refuse(false);
    let followed = followed.loaded().await;
    assert!(followed.project("alpha").honour_gpc);
    assert_eq!(followed.find("gamma"), Found::Unknown);
}

#[tokio::test]
async fn with_the_connection_cut_the_last_copy_stays_in_force_until_it_is_followed_again() {
    let (proxy, followed) = Followed::behind_a_closed_proxy().await;
    proxy.refuse(false);
    let followed = followed.loaded().await;

    proxy.refuse(true);
    proxy.cut();
    followed
        .sql("insert into projects values ('gamma', 'Gamma'); delete from projects where project_id = 'beta'")
        .await;
    followed.is_no_longer_confirmed().await;
    assert_eq!(followed.find("gamma"), Found::Unknown);
    followed.project("beta");

    proxy.refuse(false);
    followed.becomes("it is followed again", |_| followed.find("beta") == Found::Unknown).await;
    followed.project("gamma");
}

#[tokio::test]
async fn a_postgres_that_falls_silent_is_given_up_and_found_again() {
    let (proxy, followed) = Followed::behind_a_closed_proxy().await;
    proxy.refuse(false);
    let followed = followed.loaded().await;

    let first = connections(&followed.client).await;
    assert_eq!(first.len(), 1);

    proxy.hold_server_bytes();
    eventually("it has turned to another connection", IN_FORCE_LIMIT, async || {
        connections(&followed.client).await.iter().any(|pid| !first.contains(pid)).then_some(())
    })
    .await;
    followed.project("alpha");
    proxy.release();

    followed.is_confirmed(1).await;
}

#[tokio::test]
async fn a_database_that_is_not_migrated_yet_is_asked_until_it_is() {
    let (proxy, followed) = Followed::behind_a_closed_proxy().await;
    followed.sql("alter table projects_version rename to not_yet").await;
    proxy.refuse(false);
    eventually("the collector has asked", IN_FORCE_LIMIT, async || {
        let sql = "select from pg_stat_database where datname = current_database() and xact_rollback > 0";
        (!followed.client.query(sql, &[]).await.unwrap().is_empty()).then_some(())
    })
    .await;
    assert_eq!(followed.find("alpha"), Found::NotLoaded);

    followed.sql("alter table not_yet rename to projects_version").await;
    followed.loaded().await.project("alpha");
}

#[tokio::test]
async fn at_shutdown_the_task_ends_and_leaves_no_connection_behind() {
    let followed = Followed::start().await;

    followed.shutdown.cancel();
    eventually("the task ends", IN_FORCE_LIMIT, async || followed.following.is_finished().then_some(()))
        .await;
    eventually("the connection is gone", IN_FORCE_LIMIT, async || {
        connections(&followed.client).await.is_empty().then_some(())
    })
    .await;
}

/// The processes that serve collectors of this database.
async fn connections(client: &Client) -> Vec<i32> {
    let sql = "select pid from pg_stat_activity \
               where datname = current_database() and application_name = 'footfall-collector'";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
