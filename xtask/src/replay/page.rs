//! Which requests are requests for a page.

use super::log_line::LogLine;

/// Extensions of files that pages are made of or link to, and are none themselves. The README repeats them.
pub(super) const STATIC_EXTENSIONS: [&str; 34] = [
    "png", "jpg", "jpeg", "gif", "ico", "svg", "webp", "css", "js", "map", "json", "woff", "woff2", "ttf",
    "eot", "txt", "xml", "xsl", "pdf", "doc", "swf", "mp3", "mp4", "webm", "zip", "gz", "tgz", "tar", "jar",
    "deb", "rpm", "gem", "exe", "log",
];

/// Whether this is a request for a page; if not, why, for the summary.
///
/// # Errors
/// The first reason that applies.
pub(super) fn check(line: &LogLine) -> Result<(), &'static str> {
    if line.method != "GET" {
        return Err("method is not GET");
    }
    if !matches!(line.status, 200 | 304) {
        return Err("status is neither 200 nor 304");
    }
    let path = line.target.split('?').next().unwrap_or_default();
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    if STATIC_EXTENSIONS.contains(&extension.as_str()) { Err("a static file") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(method: &str, target: &str, status: u16) -> Result<(), &'static str> {
        let line =
            format!("203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"{method} {target} HTTP/1.1\" {status} 1");
        check(&LogLine::parse(&line)?)
    }

    #[test]
    fn a_page_is_a_successful_get_of_no_static_file() {
        for target in ["/", "/blog/2013.01/", "/a.html", "/?image=x.png", "/about.php?x", "/files/"] {
            assert_eq!(outcome("GET", target, 200), Ok(()), "{target}");
        }
        assert_eq!(outcome("GET", "/", 304), Ok(()));
    }

    #[test]
    fn every_other_request_has_one_reason() {
        assert_eq!(outcome("HEAD", "/x.png", 404), Err("method is not GET"));
        assert_eq!(outcome("GET", "/x.png", 404), Err("status is neither 200 nor 304"));
        assert_eq!(outcome("GET", "/x.PNG?v=1", 200), Err("a static file"));
    }

    #[test]
    fn the_readme_repeats_the_extensions() {
        let pattern = format!(r"\.({})$", STATIC_EXTENSIONS.join("|"));
        assert!(include_str!("../../README.md").contains(&pattern), "the README's awk lacks {pattern}");
    }
}
