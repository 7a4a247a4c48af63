//! Postgres and `RabbitMQ`: those that were given, else private ones.

use std::path::Path;

use anyhow::Result;
use testkit::{Data, PostgresServer, RabbitServer, programs};

use crate::steps::{note, step};
use crate::workspace;

/// The servers that a command works with. Dropped, those that are ours are killed.
pub(crate) struct Servers {
    /// A database of the server, as one who may make databases.
    pub(crate) database_url: String,
    /// The broker's virtual host.
    pub(crate) amqp_url: String,
    postgres: Option<PostgresServer>,
    rabbitmq: Option<RabbitServer>,
}

impl Servers {
    /// Takes `DATABASE_URL` and `AMQP_URL` where they are set; starts what is missing, its data under `dir`.
    ///
    /// # Errors
    /// When a server can't be had, or does not start.
    pub(crate) async fn provide(dir: &Path, data: Data) -> Result<Self> {
        let (database_url, postgres) = provide_postgres(dir, data).await?;
        let (amqp_url, rabbitmq) = match workspace::given("AMQP_URL") {
            Some(url) => {
                note("RabbitMQ is the one in AMQP_URL");
                (url, None)
            }
            None => {
                let server = start_rabbitmq(&dir.join("rabbitmq"), data).await?;
                (server.url(), Some(server))
            }
        };
        Ok(Self { database_url, amqp_url, postgres, rabbitmq })
    }

    /// The broker's process, where it is ours.
    pub(crate) fn broker_pid(&self) -> Option<u32> {
        self.rabbitmq.as_ref().map(RabbitServer::pid)
    }

    /// The database server's process, where it is ours.
    pub(crate) fn postgres_pid(&self) -> Option<u32> {
        self.postgres.as_ref().map(PostgresServer::pid)
    }

    /// Takes the broker out, where it is ours, for a while; [`Servers::return_broker`] puts it back to be stopped.
    pub(crate) fn lend_broker(&mut self) -> Option<RabbitServer> {
        self.rabbitmq.take()
    }

    /// Puts the broker back.
    pub(crate) fn return_broker(&mut self, broker: RabbitServer) {
        self.rabbitmq = Some(broker);
    }

    /// Stops in order what is ours.
    ///
    /// # Errors
    /// None at present; what does not stop in time is killed.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(server) = &mut self.rabbitmq {
            server.stop().await;
        }
        if let Some(server) = &mut self.postgres {
            server.stop().await;
        }
        Ok(())
    }
}

/// Takes `DATABASE_URL` where it is set; else starts a server, its data under `dir`. Answers its URL.
///
/// # Errors
/// When it can't be had, or does not start.
pub(crate) async fn provide_postgres(dir: &Path, data: Data) -> Result<(String, Option<PostgresServer>)> {
    if let Some(url) = workspace::given("DATABASE_URL") {
        note("Postgres is the one in DATABASE_URL");
        return Ok((url, None));
    }
    let server = start_postgres(&dir.join("postgres"), data).await?;
    Ok((server.url(), Some(server)))
}

async fn start_postgres(dir: &Path, data: Data) -> Result<PostgresServer> {
    step("finding Postgres, or fetching it", programs::postgres(), |found| {
        format!("Postgres {} from {}", found.version, found.bin_dir.display())
    })
    .await?;
    step("starting Postgres", PostgresServer::start_with(dir, data), |server| {
        format!("Postgres {} ready on 127.0.0.1:{}", server.version(), server.port())
    })
    .await
}

async fn start_rabbitmq(dir: &Path, data: Data) -> Result<RabbitServer> {
    step("finding RabbitMQ, or fetching it", programs::rabbitmq(), |found| {
        format!("RabbitMQ {} from {}", found.version, found.root.display())
    })
    .await?;
    step("starting RabbitMQ", RabbitServer::start_with(dir, data), |server| {
        format!("RabbitMQ {} ready on 127.0.0.1:{}", server.version(), server.port())
    })
    .await
}
