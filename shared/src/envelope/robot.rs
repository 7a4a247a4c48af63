//! What a request said of being made by no visitor: read by the collector, judged by the writer.

use serde::{Deserialize, Serialize};

/// Signs that nobody looked at the page. They decide nothing by themselves: a project may keep such events.
///
/// In a message only those stand that were seen, and a reader leaves out what it does not know. They are no part of what
/// makes a retry a retry: that may be sent by a page that is shown by now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RobotSigns {
    /// The browser fetched the page ahead of a visit that may never come.
    #[serde(skip_serializing_if = "is_false")]
    pub prefetch: bool,
    /// The page's script found its browser driven by a program (`navigator.webdriver`).
    #[serde(skip_serializing_if = "is_false")]
    pub webdriver: bool,
    /// The request came from no server with a key, and named no browser.
    #[serde(skip_serializing_if = "is_false")]
    pub no_user_agent: bool,
}

impl RobotSigns {
    /// Whether there is no sign.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_false(sign: &bool) -> bool {
    !sign
}
