//! Tells cargo that the SQL is part of this crate: the macro that embeds it does not.

#![expect(clippy::print_stdout, reason = "cargo reads a build script's standard output")]

fn main() {
    println!("cargo:rerun-if-changed=sql");
}
