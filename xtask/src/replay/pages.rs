//! A log, line by line: each line becomes a page or is skipped for one counted reason.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};
use time::OffsetDateTime;

use super::identity::{Identity, Sessions};
use super::log_line::LogLine;
use super::page;

/// One request for a page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) address: IpAddr,
    pub(super) at: OffsetDateTime,
    pub(super) url: String,
    pub(super) referrer: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) identity: Identity,
}

/// The pages of a log. Reads as it goes, so a log may be larger than memory.
pub(super) struct Pages {
    lines: BufReader<File>,
    site: String,
    sessions: Sessions,
    /// Lines read so far.
    pub(super) lines_read: u64,
    /// Bytes read so far.
    pub(super) bytes_read: u64,
    /// Lines that were no request for a page, by reason.
    pub(super) skipped: BTreeMap<&'static str, u64>,
}

impl Pages {
    /// Opens a log; `site` leads the path in each URL.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub(super) fn open(file: &Path, site: &str) -> Result<Self> {
        let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
        Ok(Self {
            lines: BufReader::new(opened),
            site: site.to_owned(),
            sessions: Sessions::default(),
            lines_read: 0,
            bytes_read: 0,
            skipped: BTreeMap::new(),
        })
    }

    /// The next page; `None` at the end of the log.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(super) fn next_page(&mut self) -> Result<Option<Page>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let length = self.lines.read_until(b'\n', &mut bytes).context("reading the log")?;
            if length == 0 {
                return Ok(None);
            }
            self.lines_read += 1;
            self.bytes_read += u64::try_from(length)?;
            let line = String::from_utf8_lossy(&bytes);
            match self.page(line.trim_end_matches(['\n', '\r'])) {
                Ok(page) => return Ok(Some(page)),
                Err(reason) => *self.skipped.entry(reason).or_default() += 1,
            }
        }
    }

    fn page(&mut self, line: &str) -> Result<Page, &'static str> {
        let line = LogLine::parse(line)?;
        page::check(&line)?;
        let identity = self.sessions.identify(line.address, line.user_agent.as_deref(), line.at);
        Ok(Page {
            address: line.address,
            at: line.at,
            url: format!("https://{}{}", self.site, line.target),
            referrer: line.referrer,
            user_agent: line.user_agent,
            identity,
        })
    }
}
