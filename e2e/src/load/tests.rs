//! The client, against servers that misbehave in known ways.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::*;

/// What a server does with its request number `number`, counted from 0 over all connections.
type Behaviour = fn(number: u64) -> Reply;

enum Reply {
    Status(u16),
    After(Duration, u16),
    HangUp,
}

/// A server on a thread of its own, for as long as the test's process lives.
fn server(behaviour: Behaviour) -> SocketAddr {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { serve(TcpListener::from_std(listener).unwrap(), behaviour).await });
    });
    addr
}

async fn serve(listener: TcpListener, behaviour: Behaviour) {
    let numbers = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    while let Ok((mut stream, _)) = listener.accept().await {
        // Or the second piece of an answer waits for the client's delayed acknowledgement of the first.
        stream.set_nodelay(true).unwrap();
        let numbers = std::sync::Arc::clone(&numbers);
        tokio::spawn(async move {
            let mut buffer = Vec::new();
            loop {
                if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                    return;
                }
                if !is_whole(&buffer) {
                    continue;
                }
                buffer.clear();
                let status = match behaviour(numbers.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                    Reply::Status(status) => status,
                    Reply::After(wait, status) => {
                        sleep(wait).await;
                        status
                    }
                    Reply::HangUp => return,
                };
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}");
                // In two pieces, as a network may bring it.
                for piece in [&answer[..9], &answer[9..]] {
                    if stream.write_all(piece.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head_bytes) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = std::str::from_utf8(&request[..head_bytes]).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    request.len() == head_bytes + 4 + length.parse::<usize>().unwrap()
}

fn plan(addr: SocketAddr) -> Plan {
    Plan {
        addr,
        connections: 3,
        threads: 2,
        events_per_request: 1,
        rate_per_s: None,
        warm_up_ms: 0,
        measured_ms: 300,
        accepted_ids: None,
    }
}

#[test]
fn answers_are_counted_by_status_and_every_202_has_its_id() {
    let file = std::env::temp_dir().join(format!("footfall-ids-{}", uuid::Uuid::now_v7()));
    let addr = server(|number| Reply::Status(if number % 3 == 0 { 503 } else { 202 }));

    let report = run(Plan { accepted_ids: Some(file.clone()), ..plan(addr) }).unwrap();

    let ids = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let distinct: std::collections::BTreeSet<&[u8]> = ids.chunks(16).collect();
    assert!(report.accepted > 0);
    assert_eq!((distinct.len() as u64, ids.len() as u64), (report.accepted, 16 * report.accepted));
    assert_eq!((report.unanswered, report.never_sent), (0, 0));
    // A server of two answers and one refusal in turn: every third of all that was sent, whoever sent it.
    assert_eq!(report.sent - report.accepted, report.sent.div_ceil(3));
    assert_eq!(report.answers.keys().copied().collect::<Vec<u16>>(), [202, 503]);
}

#[test]
fn the_warm_up_is_not_measured_and_its_202s_are_known_all_the_same() {
    let addr = server(|number| Reply::After(Duration::from_millis(20), if number < 3 { 503 } else { 202 }));
    let report = run(Plan { warm_up_ms: 200, ..plan(addr) }).unwrap();
    assert_eq!(report.refused(), 0, "the three refusals were in the warm-up");
    assert!(report.last_refused_ms.is_some_and(|at_ms| (20..1_000).contains(&at_ms)), "{report:?}");
    assert!(report.answers_of(202).count < report.accepted);
    assert_eq!(report.accepted, report.sent - 3);
}

#[test]
fn a_connection_that_breaks_leaves_one_request_unanswered_and_is_opened_again() {
    let addr = server(|number| if number == 1 { Reply::HangUp } else { Reply::Status(202) });
    let report = run(Plan { connections: 1, threads: 1, ..plan(addr) }).unwrap();
    assert_eq!(report.unanswered, 1);
    assert!(report.accepted >= 2 && report.sent == report.accepted + 1, "{report:?}");
}

#[test]
fn an_open_loop_sends_what_is_due_and_no_more() {
    let addr = server(|_| Reply::Status(202));
    let report = run(Plan { rate_per_s: Some(500), ..plan(addr) }).unwrap();
    assert_eq!(report.sent + report.never_sent, 150);
    assert_eq!(report.answers_of(202).count, report.sent);
}

#[test]
fn a_stall_is_charged_to_every_request_that_it_kept_waiting() {
    // One connection, a request each 10 ms, and the server sleeps through the first 200 ms.
    let addr = server(|number| match number {
        0 => Reply::After(Duration::from_millis(200), 202),
        _ => Reply::Status(202),
    });
    let report =
        run(Plan { connections: 1, threads: 1, rate_per_s: Some(100), measured_ms: 400, ..plan(addr) })
            .unwrap();
    // The first was due at 0, the next at 10 ms and so on: half of those twenty waited 100 ms or more. Were each
    // counted from when it was sent, one alone would have waited. A slow machine makes it only more.
    let latencies = report.answers_of(202);
    assert_eq!(latencies.count + report.never_sent, 40);
    assert!(latencies.max_us >= 200_000 && latencies.p90_us >= 100_000, "{latencies:?}");
}

#[test]
fn requests_that_found_no_connection_in_time_are_told() {
    let addr = server(|_| Reply::After(Duration::from_millis(100), 202));
    let report = run(Plan { connections: 2, threads: 1, rate_per_s: Some(1_000), ..plan(addr) }).unwrap();
    assert!(report.never_sent > 200, "two connections can't send more than 2 in 100 ms: {report:?}");
    assert_eq!(report.sent + report.never_sent, 300);
}

#[test]
fn a_plan_out_of_bounds_is_refused() {
    let good = plan(([127, 0, 0, 1], 1).into());
    for bad in [
        Plan { connections: 0, ..good.clone() },
        Plan { threads: 0, ..good.clone() },
        Plan { events_per_request: 101, ..good.clone() },
        Plan { rate_per_s: Some(0), ..good.clone() },
        Plan { measured_ms: u64::MAX, ..good.clone() },
    ] {
        assert!(bad.checked().is_err());
    }
    assert!(good.checked().is_ok());
}
