//! The collector in front of a real broker, asked over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod abuse;
mod accepting;
mod faults;
mod openapi;
mod owners;
mod pixel;
mod refusing;
mod robots;
mod support;
mod unavailable;
