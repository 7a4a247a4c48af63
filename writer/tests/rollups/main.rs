//! Finer rollups on a real database: appended, folded, compared with the raw rows and made anew.

mod adding;
mod bound;
mod breaking;
mod folding;
mod rebuilding;
mod support;
mod upgrading;
