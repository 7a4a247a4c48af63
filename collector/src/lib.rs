#![doc = include_str!("../README.md")]
// In the order an event meets them.

pub mod config;

pub mod app;

mod http;

pub mod rate;

pub mod payload;

pub mod privacy;

pub mod projects;

pub mod publisher;

mod metrics;
