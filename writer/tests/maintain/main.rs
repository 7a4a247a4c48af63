//! Partitions ahead and retention, on real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod ahead;
mod expiry;
mod ledger;
mod support;
mod waiting;
