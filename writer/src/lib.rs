#![doc = include_str!("../README.md")]
// In the order an event meets them.

pub mod config;

pub mod app;

pub mod loaders;

pub mod consume;

pub mod pace;

pub mod batch;

pub mod enrich;

pub mod row;

pub mod rollup;

pub mod flush;

pub mod progress;

pub mod store;

pub mod breaker;

pub mod fold;

pub mod recount;

pub mod safety;

pub mod maintain;

pub mod metrics;
