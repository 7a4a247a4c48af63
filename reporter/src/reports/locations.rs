//! Impressions by place: the map.

use serde::Serialize;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Question};
use crate::reports::Report;

/// Most places on the map; past it, the quietest are left out.
const LOCATIONS_MAX: i64 = 1_000;

/// A place on the map. All of it is null where the place is not known.
#[derive(Debug, Serialize)]
pub(crate) struct LocationImpressions {
    country: Option<String>,
    city: Option<String>,
    lat: Option<f64>,
    lng: Option<f64>,
    impressions: i64,
}

impl Report for Vec<LocationImpressions> {}

/// The places that widgets were loaded from, the busiest first, at most [`LOCATIONS_MAX`].
pub(crate) async fn impressions_by_location(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Vec<LocationImpressions>, DatabaseError> {
    let Instants { starts_at, ends_at } = question.instants;
    let sql = include_str!("locations.sql");
    let rows = snapshot.rows(sql, &[&scope.project_ids(), &starts_at, &ends_at, &LOCATIONS_MAX]).await?;
    let place = |row: &tokio_postgres::Row| {
        Ok(LocationImpressions {
            country: row.try_get("country")?,
            city: row.try_get("city")?,
            lat: row.try_get("lat")?,
            lng: row.try_get("lng")?,
            impressions: row.try_get("impressions")?,
        })
    };
    Ok(rows.iter().map(place).collect::<Result<_, tokio_postgres::Error>>()?)
}
