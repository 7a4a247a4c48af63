//! What stands in the tables is in force, soon, and whole.

use collector::projects::{Found, PROJECTS_MAX, Project};

use crate::support::Followed;

#[tokio::test]
async fn projects_are_found_with_what_they_ask_for() {
    let followed = Followed::start().await;

    let alpha = followed.project("alpha");

    assert_eq!(
        *alpha,
        Project::default(),
        "what is taken for granted of a project is what the table has by default"
    );
    assert!(alpha.honour_gpc && !alpha.honour_dnt && alpha.allows(None));
    assert_eq!(followed.find("gamma"), Found::Unknown);
    assert_eq!(followed.projects.loaded(), Some(2));
}

#[tokio::test]
async fn a_change_is_in_force_without_a_restart() {
    let followed = Followed::start().await;

    followed.sql("insert into projects values ('gamma', 'Gamma')").await;
    followed.becomes("the new one is found", |_| followed.find("gamma") != Found::Unknown).await;
    followed
        .sql("update projects set honour_gpc = false, honour_dnt = true where project_id = 'alpha'")
        .await;
    followed.becomes("the change shows", |_| followed.project("alpha").honour_dnt).await;
    assert!(!followed.project("alpha").honour_gpc);
    assert!(followed.project("beta").honour_gpc);
    followed.sql("delete from projects where project_id = 'beta'").await;
    followed.becomes("the deleted one is gone", |_| followed.find("beta") == Found::Unknown).await;
}

#[tokio::test]
async fn a_list_of_origins_is_enforced_as_the_table_has_it() {
    let followed = Followed::start().await;
    let list = "update projects set allowed_origins = \
                array['https://example.com', 'https://*.example.org', 'no origin'] where project_id = 'alpha'";

    followed.sql(list).await;

    followed.becomes("the list is in force", |_| !followed.project("alpha").allows(None)).await;
    let alpha = followed.project("alpha");
    for (origin, allowed) in [
        ("https://example.com", true),
        ("https://shop.example.org", true),
        ("https://example.org", false),
        ("no origin", false),
    ] {
        assert_eq!(alpha.allows(Some(origin)), allowed, "{origin}");
    }
    assert!(followed.project("beta").allows(Some("https://anywhere.example")));
}

#[tokio::test]
async fn while_nothing_changes_the_tables_are_not_read_again() {
    let followed = Followed::start().await;

    // Whoever reads them now waits; the version can still be asked.
    followed.sql("begin; lock table projects, ingest_keys in access exclusive mode").await;

    followed.is_confirmed(3).await;
    followed.sql("rollback").await;
}

#[tokio::test]
async fn more_projects_than_a_copy_may_hold_leave_it_as_it_was() {
    let followed = Followed::start().await;
    let fill = format!(
        "insert into projects (project_id, name) select 'p' || place, '' from generate_series(1, {PROJECTS_MAX} - 2) as place"
    );
    followed.sql(&fill).await;
    followed.becomes("it is full", |projects| projects.loaded() == Some(PROJECTS_MAX)).await;

    followed.sql("insert into projects values ('one-more', ''); update projects set honour_dnt = true").await;
    followed.is_no_longer_confirmed().await;
    assert_eq!(followed.find("one-more"), Found::Unknown);
    assert!(!followed.project("alpha").honour_dnt, "the copy is the old one, and no mixture");
    assert_eq!(followed.projects.loaded(), Some(PROJECTS_MAX));

    followed.sql("delete from projects where project_id = 'p1'").await;
    followed.becomes("it fits again", |_| followed.project("alpha").honour_dnt).await;
}
