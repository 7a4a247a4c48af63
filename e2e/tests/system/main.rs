//! The services as processes, together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod backlog;
mod breaker;
mod crash;
mod drain;
mod metrics;
mod operators;
mod outage;
mod people;
mod pipeline;
mod privacy;
mod progress;
mod robots;
mod shares;
mod support;
