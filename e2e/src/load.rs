//! The load client: many keep-alive connections on raw sockets, so that it costs little of the machine it shares.
//!
//! **Closed loop**: each connection sends its next request as soon as it has the answer; what comes out is how much a
//! server can do. **Open loop** (with a rate): requests are due by the clock, whether or not the server keeps up, and
//! latency counts from when a request was due. A server that stalls is then charged with every request that it kept
//! from being sent. The timer wakes once a millisecond, so up to one of them is the client's own.
//!
//! Nothing is sent twice: a request whose connection breaks is `unanswered`, and nobody knows what became of it.

mod answer;
pub(crate) mod connection;
mod plan;
mod report;
mod run;
pub(crate) mod tally;

pub use self::plan::Plan;
pub use self::report::{Latencies, Report};
pub use self::run::run;

#[cfg(test)]
mod tests;
