//! Finer rollups on a real database: appended, folded, compared with the raw rows and made anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod adding;
mod bound;
mod breaking;
mod doing;
mod folding;
mod levels;
mod packing;
mod rebuilding;
mod support;
mod upgrading;
