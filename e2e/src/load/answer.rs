//! As much of an HTTP/1.1 answer as the client needs: its status, and where it ends.

use std::io;

/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// A whole answer at the front of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Of head and body together.
    pub(super) len_bytes: usize,
    /// The server closes the connection after it.
    pub(super) closes: bool,
}

/// The answer at the front of `buffer`, if all of it is there.
///
/// # Errors
/// When it is none, or has no `Content-Length`: Footfall's answers all do.
pub(super) fn parse(buffer: &[u8]) -> io::Result<Option<Answer>> {
    let Some(head_bytes) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if buffer.len() > HEAD_BYTES_MAX { Err(bad("a head without an end")) } else { Ok(None) };
    };
    let head =
        std::str::from_utf8(&buffer[..head_bytes]).map_err(|_not_utf8| bad("a head that is no text"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| bad("no status line"))?;
    let (mut body_bytes, mut closes) = (None, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            body_bytes = value.trim().parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
    let len_bytes = head_bytes + 4 + body_bytes.ok_or_else(|| bad("an answer of unknown length"))?;
    Ok((buffer.len() >= len_bytes).then_some(Answer { status, len_bytes, closes }))
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\nRetry-After: 2\r\n\r\nbusy!";

    #[test]
    fn an_answer_is_whole_with_its_last_byte_and_not_before() {
        for length in 0..ANSWER.len() {
            assert_eq!(parse(&ANSWER.as_bytes()[..length]).unwrap(), None, "{length}");
        }
        let whole = Answer { status: 503, len_bytes: ANSWER.len(), closes: false };
        assert_eq!(parse(ANSWER.as_bytes()).unwrap(), Some(whole));
        assert_eq!(
            parse(format!("{ANSWER}HTTP").as_bytes()).unwrap(),
            Some(whole),
            "the next one's bytes are not its own"
        );
    }

    #[test]
    fn an_answer_after_which_the_server_closes_says_so() {
        let closing = ANSWER.replace("Retry-After: 2", "Connection: close");
        assert!(parse(closing.as_bytes()).unwrap().unwrap().closes);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let endless = "x".repeat(HEAD_BYTES_MAX + 1);
        for bytes in ["hello\r\n\r\n", "HTTP/1.1 2\r\n\r\n", chunked, &endless] {
            assert!(parse(bytes.as_bytes()).is_err(), "{bytes:.40}");
        }
    }
}
