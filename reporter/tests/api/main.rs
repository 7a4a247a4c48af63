//! The reporter on a real Postgres, asked over HTTP: one database a test.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't be set up should fail loudly"
)]

mod answers;
mod auth;
mod bad_queries;
mod breakdowns;
mod dropped;
mod fresh;
mod hostile;
mod limits;
mod live;
mod openapi;
mod operations;
mod outage;
mod overview;
mod people;
mod places;
mod receipts;
mod replica;
mod reporter_under_test;
mod routes;
mod seed;
mod shares;
mod tables;
mod tenants;
mod time_zones;
mod visits;
