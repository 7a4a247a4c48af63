//! The private servers keep what they confirmed, and leave nothing behind.

use std::net::Ipv4Addr;
use std::time::Duration;

use shared::queue::rabbitmq::{ConsumeSession, PublishSession};
use testkit::{PostgresServer, RabbitServer, TestBroker, TestDatabase, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// How long a queue may take to have a leader again after a restart.
const LEADER_LIMIT: Duration = Duration::from_secs(20);
/// How long a broker must say nothing to count as silent.
const SILENCE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_committed_row_outlives_every_way_to_end_postgres() {
    let mut server = PostgresServer::start_temporary().await.unwrap();
    let database = TestDatabase::on(&server.url()).await;
    let insert = "insert into projects (project_id, name) values ('a', 'A')";
    database.client().await.batch_execute(insert).await.unwrap();

    server.stop().await;
    server.restart().await.unwrap();
    server.stop_immediate().await;
    server.restart().await.unwrap();
    server.kill().await;
    server.restart().await.unwrap();

    let count = database.client().await.query_one("select count(*) from projects", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_test_database_is_migrated_and_empty_and_goes_with_its_test() {
    let server = PostgresServer::start_temporary().await.unwrap();
    let (first, second) = (TestDatabase::on(&server.url()).await, TestDatabase::on(&server.url()).await);
    let insert = "insert into projects (project_id, name) values ('a', 'A')";
    let still_connected = first.client().await;
    still_connected.batch_execute(insert).await.unwrap();
    let count = second.client().await.query_one("select count(*) from projects", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);

    drop((first, second));

    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let left = "select count(*) from pg_database where datname like 'test_%'";
    assert_eq!(client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_confirmed_message_outlives_every_way_to_end_the_broker() {
    let mut server = RabbitServer::start_temporary().await.unwrap();
    let broker = TestBroker::on(&server.url());
    let publisher = PublishSession::open(&broker.config()).await.unwrap();
    publisher.channel().await.unwrap().publish(Uuid::now_v7(), b"kept").await.unwrap();

    server.kill().await.unwrap();
    server.restart().await.unwrap();
    server.stop().await;
    server.restart().await.unwrap();

    eventually("the message is ready", LEADER_LIMIT, async || {
        broker.ready_count(&broker.config().queue()).await.filter(|count| *count == 1)
    })
    .await;
    let mut consumer = ConsumeSession::open(&broker.config(), 1).await.unwrap();
    assert_eq!(consumer.next().await.unwrap().body, b"kept");
}

/// The first byte of a broker's answer to who said that they speak AMQP; `None` while it says nothing.
async fn greeting(connection: &mut TcpStream) -> Option<u8> {
    // Nothing can prove that nothing comes; a broker that runs needs a few milliseconds.
    tokio::time::timeout(SILENCE, connection.read_u8()).await.ok()?.ok()
}

#[tokio::test]
async fn a_paused_broker_takes_connections_and_is_silent_until_it_is_resumed() {
    let mut server = RabbitServer::start_temporary().await.unwrap();
    server.pause();
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).await.unwrap();
    connection.write_all(b"AMQP\0\0\x09\x01").await.unwrap();
    assert_eq!(greeting(&mut connection).await, None);

    server.resume();
    eventually("the broker greets", LEADER_LIMIT, async || greeting(&mut connection).await).await;

    // It is resumed before it is asked to end, or it could not answer.
    server.pause();
    server.kill().await.unwrap();
}

#[tokio::test]
async fn a_broker_prefix_leaves_nothing_behind() {
    let server = RabbitServer::start_temporary().await.unwrap();
    let broker = TestBroker::on(&server.url());
    let publisher = PublishSession::open(&broker.config()).await.unwrap();
    publisher.close().await;
    assert!(server.ctl(&["list_queues", "name"]).await.unwrap().contains(broker.prefix()));

    let prefix = broker.prefix().to_owned();
    drop(broker);

    assert!(!server.ctl(&["list_queues", "name"]).await.unwrap().contains(&prefix));
    assert!(!server.ctl(&["list_exchanges", "name"]).await.unwrap().contains(&prefix));
}
