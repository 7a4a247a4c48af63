//! The services as processes, together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod backlog;
mod crash;
mod drain;
mod metrics;
mod operators;
mod outage;
mod pipeline;
mod privacy;
mod support;
