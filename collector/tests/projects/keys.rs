//! A project's secret keys.

use actix_web::http::header::HeaderValue;
use collector::projects::{KeyError, Projects};

use crate::support::Followed;

/// A key's public half and, in hexadecimal, its secret.
const KEY_ID: &str = "0123456789ab";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn presented(projects: &Projects, authorization: &str) -> Result<String, KeyError> {
    let header = HeaderValue::from_str(authorization).unwrap();
    projects.project_of_key(Some(&header)).map(|project| project.to_string())
}

fn bearer() -> String {
    format!("Bearer ffi_{KEY_ID}_{SECRET}")
}

/// A loaded copy in which `beta` has a key.
async fn with_a_key() -> Followed {
    let followed = Followed::start().await;
    let insert = format!(
        "insert into ingest_keys (key_id, project_id, name, secret_sha256)
         values ('{KEY_ID}', 'beta', 'app', sha256(decode('{SECRET}', 'hex')))"
    );
    followed.sql(&insert).await;
    followed.becomes("the key opens", |projects| presented(projects, &bearer()).is_ok()).await;
    followed
}

#[tokio::test]
async fn a_key_stands_for_its_project_and_for_no_other() {
    let followed = with_a_key().await;
    assert_eq!(presented(&followed.projects, &bearer()), Ok("beta".to_owned()));
}

#[tokio::test]
async fn what_is_no_key_of_ours_is_told_apart_from_another_by_nothing() {
    let followed = with_a_key().await;
    for authorization in [
        format!("Bearer ffi_{KEY_ID}_{}", SECRET.replace("ff", "fe")),
        format!("Bearer ffi_ba9876543210_{SECRET}"),
        format!("Bearer ffk_{KEY_ID}_{SECRET}"),
        format!("Basic ffi_{KEY_ID}_{SECRET}"),
        "Bearer".to_owned(),
        "nonsense".to_owned(),
    ] {
        assert_eq!(presented(&followed.projects, &authorization), Err(KeyError::Invalid), "{authorization}");
    }
    assert_eq!(followed.projects.project_of_key(None), Err(KeyError::Missing));
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_so_is_one_whose_project_is_gone() {
    let followed = with_a_key().await;
    followed.sql("update ingest_keys set revoked_at = now()").await;
    let refused = |projects: &Projects| presented(projects, &bearer()) == Err(KeyError::Invalid);
    followed.becomes("the revoked key is refused", refused).await;

    followed.sql("update ingest_keys set revoked_at = null").await;
    followed.becomes("the key opens again", |projects| presented(projects, &bearer()).is_ok()).await;
    followed.sql("delete from projects where project_id = 'beta'").await;
    followed.becomes("the orphaned key is refused", refused).await;
}

#[tokio::test]
async fn before_anything_is_known_a_key_can_not_be_judged() {
    let (_proxy, followed) = Followed::behind_a_closed_proxy().await;
    assert_eq!(presented(&followed.projects, &bearer()), Err(KeyError::NotLoaded));
    assert_eq!(presented(&followed.projects, "Bearer nonsense"), Err(KeyError::Invalid));
}
