//! What writers tell of themselves by `/metrics`.

use std::collections::BTreeMap;

use anyhow::Result;

/// Every series by its name with labels, as in `footfall_writer_rows_total{table="analytics_events"}`.
#[derive(Debug, Default, Clone)]
pub(super) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// Asks one writer.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn of(http: &reqwest::Client, ops_url: &str) -> Result<Self> {
        let text = http.get(format!("{ops_url}/metrics")).send().await?.text().await?;
        Ok(Self::read(&text))
    }

    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.filter_map(|line| line.rsplit_once(' '));
        Self(series.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
    }

    /// The sum over every series of this name, whatever its labels.
    pub(super) fn sum(&self, name: &str) -> f64 {
        self.labelled(name).map(|(_, value)| value).sum()
    }

    /// Labels and value of every series of this name.
    pub(super) fn labelled(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        let series = self.0.iter().filter_map(move |(series, value)| {
            let labels = series.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, *value))
        });
        series.map(|(labels, value)| (labels.trim_matches(['{', '}']), value))
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (series, value) in other.0 {
            *self.0.entry(series).or_default() += value;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_a_name_add_up_and_others_do_not() {
        let text = "# TYPE rows counter\nrows{table=\"a\"} 3\nrows{table=\"b\"} 4\nrows_more 5\n";
        let scrape = Scrape::read(text).and(Scrape::read("rows{table=\"a\"} 1"));
        assert_eq!(scrape.sum("rows"), 8.0);
        assert_eq!(scrape.labelled("rows").collect::<Vec<_>>(), [("table=\"a\"", 4.0), ("table=\"b\"", 4.0)]);
        assert_eq!(scrape.sum("rows_more"), 5.0);
    }
}
