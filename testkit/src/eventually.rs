//! Waiting for something to become true, without guessing how long it takes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Pause between two looks, in milliseconds.
const POLL_MS: u64 = 20;

/// What `look` finds, as soon as it finds something; looks every 20 ms. The only place where a test may sleep.
///
/// # Panics
/// When nothing was found within `limit`, naming `what` was waited for.
pub async fn eventually<T>(what: &str, limit: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(limit, look).await.unwrap_or_else(|| panic!("waited {limit:?} in vain for: {what}"))
}

/// What `look` finds within `limit`, or `None`. It looks at least once.
pub(crate) async fn within<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(Duration::from_millis(POLL_MS)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_returns_what_was_found_at_the_third_look() {
        let mut looks = 0;
        let found = eventually("three looks", Duration::from_secs(10), async || {
            looks += 1;
            (looks == 3).then_some("here")
        })
        .await;
        assert_eq!((found, looks), ("here", 3));
    }

    #[tokio::test]
    #[should_panic(expected = "in vain for: the sea to part")]
    async fn it_names_what_did_not_happen() {
        eventually("the sea to part", Duration::from_millis(1), async || None::<()>).await;
    }
}
