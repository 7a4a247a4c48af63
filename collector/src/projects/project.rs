//! What one project asks of the collector.

use super::origin::{AllowedOrigin, Origin};

/// A project's settings.
#[derive(Debug, PartialEq, Eq)]
pub struct Project {
    /// Whether events of browsers that send `Sec-GPC: 1` are dropped.
    pub honour_gpc: bool,
    /// Whether events of browsers that send `DNT: 1` are dropped.
    pub honour_dnt: bool,
    /// Whose pages may send; `None` for anybody's.
    allowed_origins: Option<Vec<AllowedOrigin>>,
}

/// What a project asks that nothing is known of: anybody may send, and GPC is honoured.
impl Default for Project {
    fn default() -> Self {
        Self { honour_gpc: true, honour_dnt: false, allowed_origins: None }
    }
}

impl Project {
    /// The settings as the table has them; `noted` is told of each entry of the list that no origin can match.
    pub(super) fn new(
        allowed_origins: &[&str],
        honour_gpc: bool,
        honour_dnt: bool,
        mut noted: impl FnMut(&str),
    ) -> Self {
        let parsed = allowed_origins.iter().filter_map(|entry| {
            let parsed = AllowedOrigin::parse(entry);
            if parsed.is_none() {
                noted(entry);
            }
            parsed
        });
        let parsed = parsed.collect();
        // A list whose entries are all bad is still a list: it lets nobody in.
        let allowed_origins = (!allowed_origins.is_empty()).then_some(parsed);
        Self { honour_gpc, honour_dnt, allowed_origins }
    }

    /// Whether a page of this `Origin` may send; with a list, who names no origin may not.
    pub fn allows(&self, origin: Option<&str>) -> bool {
        let Some(allowed) = &self.allowed_origins else { return true };
        let origin = origin.and_then(Origin::parse);
        origin.is_some_and(|origin| allowed.iter().any(|allowed| allowed.matches(&origin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(allowed_origins: &[&str]) -> (Project, Vec<String>) {
        let mut noted = Vec::new();
        let project = Project::new(allowed_origins, true, false, |entry| noted.push(entry.to_owned()));
        (project, noted)
    }

    #[test]
    fn without_a_list_anybody_may_send_and_with_one_only_who_stands_in_it() {
        let (open, _) = project(&[]);
        let (listed, noted) = project(&["https://example.com", "https://*.example.org"]);
        for (origin, allowed) in [
            (None, false),
            (Some("null"), false),
            (Some("https://example.com"), true),
            (Some("https://shop.example.org"), true),
            (Some("https://example.net"), false),
        ] {
            assert!(open.allows(origin), "{origin:?}");
            assert_eq!(listed.allows(origin), allowed, "{origin:?}");
        }
        assert_eq!(noted, Vec::<String>::new());
    }

    #[test]
    fn a_bad_entry_is_noted_and_opens_nothing() {
        let (project, noted) = project(&["example.com", "https://good.example"]);
        assert_eq!(noted, ["example.com"]);
        assert!(project.allows(Some("https://good.example")));
        assert!(!project.allows(Some("https://example.com")));
    }

    #[test]
    fn a_list_of_bad_entries_lets_nobody_in() {
        let (project, noted) = project(&["", "*"]);
        assert_eq!(noted.len(), 2);
        assert!(!project.allows(None));
        assert!(!project.allows(Some("https://example.com")));
    }
}
