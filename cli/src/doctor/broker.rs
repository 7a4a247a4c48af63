//! The two queues, as the broker has them, and how many brokers there are, as far as their name tells.

use shared::queue::rabbitmq::{Inspection, QueueState, RabbitConfig};
use writer::safety::{Check, State};

/// Fewest nodes that lose nothing with one of their disks.
const BROKER_NODES_MIN: usize = 3;

/// Looks at the queues; a broker that is away is a finding, too.
pub(super) async fn check(rabbit: &RabbitConfig) -> Vec<Check> {
    match rabbit.inspect().await {
        Ok(inspection) => found(&inspection),
        Err(error) => vec![Check {
            name: "broker",
            state: State::Bad,
            found: error.to_string(),
            meaning: "collectors accept nothing, and writers store nothing",
            change: "look at AMQP_URL, at the broker, and at the user's rights there",
        }],
    }
}

fn found(inspection: &Inspection) -> Vec<Check> {
    let Inspection { addresses, envelopes, parked, mismatch } = inspection;
    let consumers = envelopes.map_or(0, |queue| queue.consumers);
    let waiting = parked.map_or(0, |queue| queue.ready);
    vec![
        Check {
            name: "broker nodes",
            state: if *addresses >= BROKER_NODES_MIN { State::Ok } else { State::Warn },
            found: format!("AMQP_URL names {addresses} address{}", if *addresses == 1 { "" } else { "es" }),
            meaning: "with fewer than three nodes a disk that is lost takes confirmed messages along; behind a balancer there \
                      may be more than can be seen from here",
            change: "look at `rabbitmqctl cluster_status`; run three nodes, and let `rabbitmq-queues grow` give the queues a \
                     member on each",
        },
        Check {
            name: "queues",
            state: if envelopes.is_some() && parked.is_some() { State::Ok } else { State::Bad },
            found: format!("envelopes {}, parked {}", described(*envelopes), described(*parked)),
            meaning: "a queue that is missing takes no messages; what was in it when it went is lost",
            change: "start a collector or a writer: it declares them. Look at FOOTFALL_QUEUE_PREFIX if they should be there",
        },
        Check {
            name: "queue arguments",
            state: if mismatch.is_none() { State::Ok } else { State::Bad },
            found: mismatch.clone().unwrap_or_else(|| "as this build declares them".to_owned()),
            meaning: "services can't declare the queue, and it may drop what was confirmed",
            change: "set FOOTFALL_QUEUE_BYTES_MAX as it was when the queue was made; for any other difference drain the queue, \
                     delete it, and let a collector declare it anew",
        },
        Check {
            name: "consumers",
            state: if consumers > 0 { State::Ok } else { State::Warn },
            found: consumers.to_string(),
            meaning: "nobody stores what is accepted; it waits in the queue, which has a limit",
            change: "start a writer, or look in the log of the one that runs why it does not consume",
        },
        Check {
            name: "parked messages",
            state: if waiting == 0 { State::Ok } else { State::Bad },
            found: waiting.to_string(),
            meaning: "they were accepted, returned too often, and are not stored",
            change: "look in the writers' logs why they died on them; then publish them to the exchange again: the ledger counts \
                     each once",
        },
    ]
}

fn described(queue: Option<QueueState>) -> String {
    queue.map_or_else(|| "missing".to_owned(), |queue| format!("{} ready", queue.ready))
}
