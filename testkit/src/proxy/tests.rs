//! Each fault, on a server that sends back what it gets.

use super::*;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;

/// A server that sends back what it gets, a proxy before it, and a client of the proxy.
async fn echo() -> (Proxy, TcpStream) {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = Proxy::start(server.local_addr().unwrap().to_string()).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = server.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    let client = TcpStream::connect(proxy.addr()).await.unwrap();
    (proxy, client)
}

async fn expect(read: &mut (impl AsyncReadExt + Unpin), expected: &str) {
    let mut bytes = vec![0; expected.len()];
    read.read_exact(&mut bytes).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
}

/// Nothing can prove that nothing comes; a tenth of a second of silence on loopback is as good as it gets.
async fn is_silent(read: &mut OwnedReadHalf) -> bool {
    let limit = Duration::from_millis(100);
    tokio::time::timeout(limit, read.read_u8()).await.is_err()
}

#[tokio::test]
async fn held_bytes_come_through_once_released() {
    for hold in [Proxy::hold_client_bytes, Proxy::hold_server_bytes] {
        let (proxy, client) = echo().await;
        let (mut read, mut write) = client.into_split();
        write.write_all(b"one").await.unwrap();
        expect(&mut read, "one").await;

        hold(&proxy);
        write.write_all(b"two").await.unwrap();
        assert!(is_silent(&mut read).await);

        proxy.release();
        expect(&mut read, "two").await;
    }
}

#[tokio::test]
async fn bytes_are_held_right_behind_a_pattern_that_came_in_pieces() {
    let (proxy, client) = echo().await;
    let (mut read, mut write) = client.into_split();
    proxy.hold_client_bytes_at(b"COMMIT");
    write.write_all(b"a;COMM").await.unwrap();
    expect(&mut read, "a;COMM").await;

    write.write_all(b"IT;b").await.unwrap();
    proxy.held().await;
    expect(&mut read, "IT").await;
    assert!(is_silent(&mut read).await);

    proxy.release();
    expect(&mut read, ";b").await;
}

#[tokio::test]
async fn a_cut_closes_what_is_open_and_lets_new_connections_in() {
    let (proxy, mut client) = echo().await;
    client.write_all(b"one").await.unwrap();
    expect(&mut client, "one").await;

    proxy.cut();
    assert!(matches!(client.read(&mut [0; 1]).await, Ok(0) | Err(_)));

    let mut second = TcpStream::connect(proxy.addr()).await.unwrap();
    second.write_all(b"two").await.unwrap();
    expect(&mut second, "two").await;
}

#[tokio::test]
async fn a_refused_connection_is_closed_at_once() {
    let (proxy, _first) = echo().await;
    proxy.refuse(true);
    let mut refused = TcpStream::connect(proxy.addr()).await.unwrap();
    assert!(matches!(refused.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn throttled_bytes_all_come_through_and_no_faster_than_told() {
    const BYTES_PER_S: u64 = 100_000;
    let (proxy, mut first) = echo().await;
    let mut second = TcpStream::connect(proxy.addr()).await.unwrap();
    let sent = "x".repeat(20_000);
    proxy.throttle_client_bytes(BYTES_PER_S);
    let started = Instant::now();

    for client in [&mut first, &mut second] {
        client.write_all(sent.as_bytes()).await.unwrap();
    }
    for client in [&mut first, &mut second] {
        expect(client, &sent).await;
    }

    // A slow machine takes longer, never less. What a late timer may make up for is allowed for.
    let shortest = 2.0 * sent.len() as f64 / BYTES_PER_S as f64 - 0.05;
    assert!(started.elapsed().as_secs_f64() >= shortest, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_throttle_that_is_lifted_holds_nothing_back() {
    let (proxy, mut client) = echo().await;
    proxy.throttle_client_bytes(10);
    client.write_all(b"one").await.unwrap();
    expect(&mut client, "o").await;
    proxy.throttle_client_bytes(0);

    // At the old rate this would take five hours.
    let sent = "x".repeat(200_000);
    let (mut read, mut write) = client.into_split();
    let writing = tokio::spawn(async move { write.write_all(sent.as_bytes()).await.map(|()| sent) });
    expect(&mut read, "ne").await;
    let mut echoed = vec![0; 200_000];
    tokio::time::timeout(Duration::from_secs(30), read.read_exact(&mut echoed)).await.unwrap().unwrap();
    assert_eq!(echoed, writing.await.unwrap().unwrap().as_bytes());
}
