//! The tables are those of the design, and making them is safe however often and by however many at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod catalogue;
mod migrating;
mod packed;
mod projects;
mod reader;
mod roles;
mod tables;
