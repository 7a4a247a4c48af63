#![doc = include_str!("../README.md")]

pub mod ids;

pub mod event;

#[cfg(feature = "rollups")]
pub mod dimension;

#[cfg(feature = "rollups")]
pub mod user_agent;

#[cfg(feature = "rollups")]
pub mod sketch;

pub mod network;

#[cfg(feature = "admission")]
pub mod client;

#[cfg(feature = "admission")]
pub mod rate;

pub mod envelope;

pub mod secret_key;

pub mod queue;

pub mod settings;

pub mod clock;

pub mod telemetry;

pub mod ops;

pub mod shutdown;

pub mod service;

pub mod backoff;
