#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "only tests and the developer's commands use this crate; a broken set-up should end them loudly"
)]

pub mod programs;

pub mod ports;

mod account;

pub mod process;

pub mod postgres;

pub mod rabbitmq;

pub mod database;

pub mod broker;

pub mod service;

pub mod proxy;

pub mod eventually;

pub mod envelopes;

pub mod recount;

mod environment;

pub use broker::TestBroker;
pub use database::TestDatabase;
pub use eventually::eventually;
pub use postgres::PostgresServer;
pub use proxy::Proxy;
pub use rabbitmq::RabbitServer;
pub use service::Service;

/// What becomes of a server's data between two starts in the same directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// It stays, and what is committed outlives a crash of the machine, as in production.
    Kept,
    /// Each start begins empty. Committed data outlives `kill -9` and restarts, but no crash of the machine.
    Disposable,
}
