//! An answer against what the raw rows say: a fast answer that is wrong is worthless.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::raw::{Answers, City};

/// Checks every part of a dashboard's answer.
///
/// # Errors
/// With the first part that differs, or is not there.
pub(super) fn overview(answer: &Value, raw: &Answers) -> Result<()> {
    series(answer, "interactions", &raw.interactions)?;
    series(answer, "impressions", &raw.impressions)?;
    let top: Vec<(String, i64)> = counts(answer, "top_widgets", "interactions")?;
    same("top_widgets", &top, &raw.top_widgets)?;
    let widgets: BTreeMap<String, i64> =
        counts(answer, "impressions_by_widget", "impressions")?.into_iter().collect();
    same("impressions_by_widget", &widgets, &raw.impressions_by_widget)?;
    cities(answer, raw)
}

/// A count over time: its total, and every day of it.
fn series(answer: &Value, name: &str, raw: &BTreeMap<String, i64>) -> Result<()> {
    let points = answer[name]["series"].as_array().with_context(|| format!("{name} has no series"))?;
    let points: BTreeMap<String, i64> = points
        .iter()
        .map(|point| (text(&point["at"]), point["count"].as_i64().unwrap_or(-1)))
        .filter(|(_, count)| *count != 0)
        .collect();
    same(name, &points, raw)?;
    same(&format!("{name}'s total"), &answer[name]["total"].as_i64().unwrap_or(-1), &raw.values().sum())
}

fn counts(answer: &Value, list: &str, count: &str) -> Result<Vec<(String, i64)>> {
    let entries = answer[list].as_array().with_context(|| format!("there is no {list}"))?;
    Ok(entries
        .iter()
        .map(|entry| (text(&entry["project_id"]), entry[count].as_i64().unwrap_or(-1)))
        .collect())
}

/// Every city that is listed has what it has, and all of them, what is on none and the quietest add up to the whole.
fn cities(answer: &Value, raw: &Answers) -> Result<()> {
    let places = answer["impressions_by_location"].as_array().context("there are no locations")?;
    let of = &answer["places"];
    let raw = match of["days"].as_str() {
        Some("utc") => &raw.impressions_by_city_utc,
        _ => &raw.impressions_by_city,
    };
    let mut told: BTreeMap<City, i64> = BTreeMap::new();
    for place in places {
        let city = (place["country"].as_str().map(str::to_owned), place["city"].as_str().map(str::to_owned));
        *told.entry(city).or_default() += place["impressions"].as_i64().unwrap_or(-1);
    }
    let listed: BTreeMap<City, i64> = raw
        .iter()
        .filter(|(city, _)| told.contains_key(city))
        .map(|(city, count)| (city.clone(), *count))
        .collect();
    same("impressions_by_location", &told, &listed)?;
    let part = |name: &str| of[name].as_i64().unwrap_or(-1);
    same("impressions of no place", &part("unknown"), &raw.get(&(None, None)).copied().unwrap_or_default())?;
    same(
        "impressions of all places",
        &(told.values().sum::<i64>() + part("unknown") + part("other")),
        &raw.values().sum(),
    )?;
    same("impressions_by_location's total", &part("total"), &raw.values().sum())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, told: &T, raw: &T) -> Result<()> {
    if told != raw {
        bail!("{what} is not what the raw rows say.\ntold: {told:.400?}\nraw:  {raw:.400?}");
    }
    Ok(())
}
