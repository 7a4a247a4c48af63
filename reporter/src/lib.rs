#![doc = include_str!("../README.md")]
// In the order a question meets them.

pub mod config;

pub mod app;

mod http;

mod auth;

mod kept;

mod query;

#[doc(hidden)]
pub use self::query::fuzzed::read_query;

mod reports;

mod fresh;

mod live;

mod single_flight;

mod db;

mod metrics;
