//! The writer's transaction against real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod copy;
mod dropped;
mod isolation;
mod once;
mod replay;
mod roles;
mod rollups;
mod safety;
mod support;
