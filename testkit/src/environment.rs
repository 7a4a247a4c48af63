//! The variables by which `cargo xtask test` tells tests where its servers are.

/// Where the tests' Postgres is.
pub(crate) const DATABASE_URL: &str = "FOOTFALL_TEST_DATABASE_URL";
/// Where the tests' `RabbitMQ` is.
pub(crate) const AMQP_URL: &str = "FOOTFALL_TEST_AMQP_URL";
/// Where downloaded server programs are kept.
pub(crate) const PROGRAMS_DIR: &str = "FOOTFALL_PROGRAMS_DIR";

/// The variable's value, unless it is absent or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no settings of their own, only what xtask hands down"
)]
pub(crate) fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable's value.
///
/// # Panics
/// When it is absent, with the command that sets it.
pub(crate) fn required(name: &str) -> String {
    given(name)
        .unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test`, which starts the servers"))
}
