//! The collector's copy of the projects, on a real Postgres, in the role that a deployment grants it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod away;
mod following;
mod keys;
mod support;
