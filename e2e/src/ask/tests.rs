//! The clients, against a server that counts.

use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server that answers each question with this status, for as long as the test's process lives; what it was asked.
fn server(status: u16) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let (addr, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((mut stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while stream.read_buf(&mut buffer).await.unwrap_or(0) > 0 {
                        if buffer.ends_with(b"\r\n\r\n") {
                            buffer.clear();
                            counted.fetch_add(1, Ordering::SeqCst);
                            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}");
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                });
            }
        });
    });
    (addr, asked)
}

fn plan(addr: SocketAddr) -> Plan {
    Plan {
        addr,
        key: "ffk_0".to_owned(),
        questions: vec!["/one".to_owned(), "/two".to_owned()],
        clients: 4,
        warm_up_calls: 10,
        measured_calls: 101,
        limit_ms: 60_000,
    }
}

#[test]
fn every_call_is_made_once_and_the_warm_up_is_not_measured() {
    let (addr, asked) = server(200);
    let found = run(&plan(addr)).unwrap();
    assert_eq!((asked.load(Ordering::SeqCst), found.latencies.count), (111, 101));
}

#[test]
fn nothing_is_asked_once_time_is_up() {
    let (addr, _asked) = server(200);
    let short = Plan { measured_calls: 1_000_000, limit_ms: 300, ..plan(addr) };
    let found = run(&short).unwrap();
    assert!((1..1_000_000).contains(&found.latencies.count), "{found:?}");
}

#[test]
fn an_answer_that_is_none_ends_the_run() {
    let (addr, _asked) = server(500);
    assert!(run(&plan(addr)).unwrap_err().to_string().contains("500"));
}

#[test]
fn a_refusal_that_may_pass_is_counted_and_not_timed() {
    let (addr, _asked) = server(503);
    let found = run(&plan(addr)).unwrap();
    assert_eq!((found.refused, found.latencies.count), (111, 0));
}

#[test]
fn a_plan_without_questions_or_clients_is_refused() {
    let (addr, _asked) = server(200);
    assert!(run(&Plan { questions: Vec::new(), ..plan(addr) }).is_err());
    assert!(run(&Plan { clients: 0, ..plan(addr) }).is_err());
}
