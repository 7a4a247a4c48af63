//! The dashboard's five questions, asked of the raw rows.

use std::collections::BTreeMap;

use anyhow::Result;
use time::{Date, Duration};
use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::history::History;
use crate::bench::database::connect;
use crate::bench::spread::Spread;

/// The period that is asked for, in a zone.
pub(super) struct Questions {
    /// The first local day.
    pub(super) from: Date,
    /// The last one, included.
    pub(super) to: Date,
    zone: &'static str,
}

/// A country and a city.
pub(super) type City = (Option<String>, Option<String>);

/// What the raw rows say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answers {
    /// By local day, those with none left out.
    pub(super) interactions: BTreeMap<String, i64>,
    /// The same.
    pub(super) impressions: BTreeMap<String, i64>,
    /// The first three, in order.
    pub(super) top_widgets: Vec<(String, i64)>,
    pub(super) impressions_by_widget: BTreeMap<String, i64>,
    /// By UTC days of the period's dates where that is what a report by day counts.
    pub(super) impressions_by_city: BTreeMap<City, i64>,
    /// Of the same dates as UTC days.
    pub(super) impressions_by_city_utc: BTreeMap<City, i64>,
}

impl Questions {
    /// Of the last days of a history.
    pub(super) fn new(history: &History, days: i64, zone: &'static str) -> Self {
        let to = history.last_day();
        Self { from: to - Duration::days(days - 1), to, zone }
    }

    /// Asks all five, round by round; what the last round found, and the median of what a round took, in milliseconds.
    ///
    /// # Errors
    /// When Postgres refuses.
    pub(super) async fn ask(&self, history: &History, rounds: usize) -> Result<(Answers, f64)> {
        let client = connect(history.url()).await?;
        let (mut answers, mut took_ms) = (Answers::default(), Vec::new());
        for _round in 0..rounds {
            let started = Instant::now();
            answers = self.five(&client).await?;
            took_ms.push(started.elapsed().as_secs_f64() * 1e3);
        }
        answers.impressions_by_city_utc = match self.zone {
            "UTC" => answers.impressions_by_city.clone(),
            _ => self.cities(&client, "UTC").await?,
        };
        Ok((answers, Spread::of(took_ms).median))
    }

    async fn five(&self, client: &Client) -> Result<Answers> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&self.from, &self.to, &self.zone];
        let counted = async |sql: &str| -> Result<Vec<(String, i64)>> {
            let rows = client.query(sql, &parameters).await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        };
        Ok(Answers {
            interactions: counted(include_str!("raw/interactions.sql")).await?.into_iter().collect(),
            impressions: counted(include_str!("raw/impressions.sql")).await?.into_iter().collect(),
            top_widgets: counted(include_str!("raw/top_widgets.sql")).await?,
            impressions_by_widget: counted(include_str!("raw/impressions_by_widget.sql"))
                .await?
                .into_iter()
                .collect(),
            impressions_by_city: self.cities(client, self.zone).await?,
            impressions_by_city_utc: BTreeMap::new(),
        })
    }

    async fn cities(&self, client: &Client, zone: &str) -> Result<BTreeMap<City, i64>> {
        let sql = include_str!("raw/impressions_by_city.sql");
        let rows = client.query(sql, &[&self.from, &self.to, &zone]).await?;
        Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
    }
}
