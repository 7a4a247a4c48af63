//! Raw rows counted by what is asked of them, with the rules by which the writer counts.

use shared::dimension::{Key, PLACE_NAME_BYTES_MAX};
use shared::user_agent::UserAgents;
use tokio_postgres::Row;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Instants, Property};

/// Rows that are the same in all that was asked of them.
pub(super) struct Raw<'a> {
    row: &'a Row,
    agents: &'a UserAgents,
}

impl Raw<'_> {
    /// How many there are.
    pub(super) fn events(&self) -> Result<i64, DatabaseError> {
        Ok(self.row.try_get("events")?)
    }

    /// Their value of a property that was asked for; empty where they have none.
    pub(super) fn value(&self, property: Property) -> Result<String, DatabaseError> {
        let text = |column: &str| self.row.try_get::<_, Option<&str>>(column);
        let name = |column: &str| {
            let name = text(column)?.unwrap_or_default();
            Ok::<_, DatabaseError>(name[..name.floor_char_boundary(PLACE_NAME_BYTES_MAX)].to_owned())
        };
        let agent = || Ok::<_, DatabaseError>(self.agents.agent(text("user_agent")?));
        Ok(match property {
            Property::Country => name("geo_country")?,
            Property::City => name("geo_city")?,
            Property::Page => Key::page(text("url")?.unwrap_or_default()).into_text().into_owned(),
            Property::Referrer => Key::referrer(text("referrer")?).into_text().into_owned(),
            Property::Device => Key::device(agent()?.device).into_text().into_owned(),
            Property::Browser => agent()?.browser.to_string(),
            Property::InteractionType => text("event_type")?.unwrap_or_default().to_owned(),
            Property::Label => Key::label(text("event_label")?).into_text().into_owned(),
        })
    }

    /// Where they came from, as the value of the dimension.
    pub(super) fn place(&self) -> Result<String, DatabaseError> {
        let (country, city) = (self.row.try_get("geo_country")?, self.row.try_get("geo_city")?);
        let (lat, lng) = (self.row.try_get("geo_lat")?, self.row.try_get("geo_lng")?);
        Ok(Key::place(country, city, lat, lng).into_text().into_owned())
    }

    /// The question they ask, as it stands in the rows.
    pub(super) fn question(&self) -> Result<Option<&str>, DatabaseError> {
        Ok(self.row.try_get("question")?)
    }

    /// Their label, as it stands in the rows.
    pub(super) fn label(&self) -> Result<Option<&str>, DatabaseError> {
        Ok(self.row.try_get("event_label")?)
    }
}

/// Hands the impressions of a range to `take`, as many together as are the same in the properties that are needed.
///
/// Both properties of a place come with either.
pub(super) async fn impressions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    range: Instants,
    needs: impl Fn(Property) -> bool,
    mut take: impl FnMut(&Raw<'_>) -> Result<(), DatabaseError>,
    agents: &UserAgents,
) -> Result<(), DatabaseError> {
    let place = needs(Property::Country) || needs(Property::City);
    let agent = needs(Property::Device) || needs(Property::Browser);
    let (url, referrer) = (needs(Property::Page), needs(Property::Referrer));
    let Instants { starts_at, ends_at } = range;
    let sql = include_str!("raw_impressions.sql");
    snapshot
        .each(sql, &[&scope.project_ids(), &starts_at, &ends_at, &place, &url, &referrer, &agent], |row| {
            take(&Raw { row, agents })
        })
        .await
}

/// What of interactions is needed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OfInteractions {
    /// Their type.
    pub(super) event_type: bool,
    /// Their label.
    pub(super) label: bool,
    /// The question asked.
    pub(super) question: bool,
}

/// Hands the interactions of a range to `take`, as many together as are the same in what is needed.
pub(super) async fn interactions(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    range: Instants,
    needs: OfInteractions,
    mut take: impl FnMut(&Raw<'_>) -> Result<(), DatabaseError>,
    agents: &UserAgents,
) -> Result<(), DatabaseError> {
    let Instants { starts_at, ends_at } = range;
    let OfInteractions { event_type, label, question } = needs;
    let sql = include_str!("raw_interactions.sql");
    snapshot
        .each(sql, &[&scope.project_ids(), &starts_at, &ends_at, &event_type, &label, &question], |row| {
            take(&Raw { row, agents })
        })
        .await
}
