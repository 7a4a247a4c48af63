//! The writer's transaction against real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod breaker;
mod copy;
mod dropped;
mod isolation;
mod ledger;
mod once;
mod orphans;
mod replay;
mod robots;
mod roles;
mod rollups;
mod safety;
mod support;
mod together;
