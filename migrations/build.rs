//! Tells cargo that the SQL is part of this crate: the macro that embeds it does not.

fn main() {
    println!("cargo:rerun-if-changed=sql");
}
