//! Settings from the environment, read once; every missing or bad one is reported in one go.

use std::fmt::{Display, Write as _};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A reader of settings that remembers what was wrong and what could have been set.
pub struct Settings {
    lookup: Box<Lookup>,
    problems: Vec<String>,
    known: Vec<Known>,
}

/// Answers the value of a variable, if it has one.
type Lookup = dyn Fn(&str) -> Option<String>;

/// One setting as `--help` shows it.
struct Known {
    name: &'static str,
    default: Option<String>,
    about: &'static str,
}

/// Every setting that is missing or bad, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{} setting(s) to correct:\n  {}", .0.len(), .0.join("\n  "))]
pub struct SettingsError(Vec<String>);

impl Settings {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    pub fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Reads what `lookup` answers; tests need no environment.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { lookup: Box::new(lookup), problems: Vec::new(), known: Vec::new() }
    }

    /// A setting that must be given. `None` means the problem is noted and [`Settings::build`] will report it.
    pub fn required<T>(&mut self, name: &'static str, about: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        self.known.push(Known { name, default: None, about });
        let Some(text) = self.given(name) else {
            self.problems.push(format!("{name} is not set: {about}"));
            return None;
        };
        self.parsed(name, &text, about)
    }

    /// A setting with a default.
    pub fn or<T>(&mut self, name: &'static str, default: T, about: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display> + Display,
    {
        self.known.push(Known { name, default: Some(default.to_string()), about });
        match self.given(name) {
            Some(text) => self.parsed(name, &text, about),
            None => Some(default),
        }
    }

    /// A number with a default and both its bounds.
    pub fn or_within<T>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
        about: &'static str,
    ) -> Option<T>
    where
        T: FromStr<Err: Display> + Display + PartialOrd,
    {
        let number = self.or(name, default, about)?;
        if bounds.contains(&number) {
            return Some(number);
        }
        self.problems.push(format!(
            "{name} is {number}, but must lie in {}..={}",
            bounds.start(),
            bounds.end()
        ));
        None
    }

    /// A comma-separated list, empty by default.
    pub fn list<T>(&mut self, name: &'static str, about: &'static str) -> Option<Vec<T>>
    where
        T: FromStr<Err: Display>,
    {
        self.known.push(Known { name, default: Some(String::new()), about });
        let text = self.given(name).unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parsed: Vec<Option<T>> = parts.map(|part| self.parsed(name, part, about)).collect();
        parsed.into_iter().collect()
    }

    /// The configuration, or every problem that was met.
    ///
    /// `assemble` returns `None` only where a part is missing, and each such part has noted its problem.
    ///
    /// # Errors
    /// [`SettingsError`], with a line a problem.
    pub fn build<T>(self, assemble: impl FnOnce() -> Option<T>) -> Result<T, SettingsError> {
        match assemble() {
            Some(config) if self.problems.is_empty() => Ok(config),
            _ => Err(SettingsError(self.problems)),
        }
    }

    /// What can be set, for `--help`: name, default, meaning.
    pub fn help(&self) -> String {
        let mut text = String::from("Settings, all from the environment:\n");
        for Known { name, default, about } in &self.known {
            let default =
                default.as_deref().map_or("required".to_owned(), |value| format!("default: {value:?}"));
            let _infallible = writeln!(text, "  {name}  ({default})\n      {about}");
        }
        text
    }

    fn given(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    /// Never repeats the value: it may be a secret.
    fn parsed<T>(&mut self, name: &str, text: &str, about: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problems.push(format!("{name} can't be read ({problem}): {about}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &'static [(&str, &str)]) -> Settings {
        Settings::new(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_problem_is_reported_at_once_and_no_value_is_repeated() {
        let mut settings = settings(&[("PORT", "s3cret"), ("ROWS", "0"), ("FILES", "1,x")]);
        let url = settings.required::<String>("URL", "where the database is");
        let port = settings.or("PORT", 80_u16, "the port");
        let rows = settings.or_within("ROWS", 5, 1..=10, "rows a batch");
        let files = settings.list::<u8>("FILES", "files");

        let error = settings.build(|| Some((url?, port?, rows?, files?))).unwrap_err().to_string();

        for part in
            ["4 setting(s)", "URL is not set", "PORT can't be read", "ROWS is 0", "1..=10", "FILES can't"]
        {
            assert!(error.contains(part), "{part} is missing in {error}");
        }
        assert!(!error.contains("s3cret"));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let mut settings = settings(&[("PORT", "")]);
        assert_eq!(settings.or("PORT", 80_u16, "the port"), Some(80));
    }

    #[test]
    fn a_bound_is_inside_and_one_past_it_is_outside() {
        let mut settings = settings(&[("AT", "10"), ("PAST", "11")]);
        assert_eq!(settings.or_within("AT", 5, 1..=10, ""), Some(10));
        assert_eq!(settings.or_within("PAST", 5, 1..=10, ""), None);
    }
}
