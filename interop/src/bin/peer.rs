//! One iroh-gossip peer as a process: joins a topic, prints what happens as JSON lines, takes commands on standard input.
//!
//!   peer --topic HEX [--bootstrap ID@IP:PORT]... [--secret HEX] [--shuffle-ms N]
//!
//! Events: `ready` (id, address), `neighbor-up`, `neighbor-down` (peer), `received` (content, from, scope, round), `lagged`,
//! `left`, `metrics`, `error`. Commands: `broadcast HEX`, `broadcast-neighbors HEX`, `join ID@IP:PORT`, `metrics`, `leave`,
//! `subscribe` (again, after `leave`), `quit`.
//! Ends on `quit`, and when standard input ends, so that none outlives the test that started it.
use std::{io::Write, time::Duration};

use iroh::{SecretKey, address_lookup::memory::MemoryLookup, protocol::Router};
use iroh_gossip::{
    ALPN, Gossip, TopicId,
    api::{Event, GossipReceiver, GossipSender},
    proto::{DeliveryScope, HyparviewConfig},
};
use meshwork_interop::{Result, bind, hex, parse_bytes32, parse_hex, parse_peer, parse_topic};
use n0_future::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

struct Arguments {
    topic: TopicId,
    bootstrap: Vec<String>,
    secret: SecretKey,
    shuffle: Option<Duration>,
}

fn arguments() -> Result<Arguments> {
    let mut topic = None;
    let mut bootstrap = Vec::new();
    let mut secret = SecretKey::generate();
    let mut shuffle = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--topic" => topic = Some(parse_topic(&value)?),
            "--bootstrap" => bootstrap.push(value),
            "--secret" => secret = SecretKey::from_bytes(&parse_bytes32(&value)?),
            "--shuffle-ms" => shuffle = Some(Duration::from_millis(value.parse()?)),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(Arguments { topic: topic.ok_or("--topic is missing")?, bootstrap, secret, shuffle })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Arguments { topic: topic_id, bootstrap, secret, shuffle } = arguments()?;
    let known = MemoryLookup::new();
    let mut peers = Vec::new();
    for text in &bootstrap {
        let peer = parse_peer(text)?;
        peers.push(peer.id);
        known.add_endpoint_info(peer);
    }
    let endpoint = bind(secret, vec![ALPN.to_vec()], known.clone()).await?;
    let mut membership = HyparviewConfig::default();
    if let Some(interval) = shuffle {
        membership.shuffle_interval = interval;
    }
    let gossip = Gossip::builder().membership_config(membership).spawn(endpoint.clone());
    let router = Router::builder(endpoint.clone()).accept(ALPN, gossip.clone()).spawn();
    let address = endpoint.bound_sockets().first().map(ToString::to_string);
    print(json!({ "event": "ready", "id": hex(endpoint.id().as_bytes()), "address": address }));

    let (sender, receiver) = gossip.subscribe(topic_id, peers).await?.split();
    let mut topic = Some((sender, receiver));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                None => break,
                Some(line) => match line.trim() {
                    "quit" => break,
                    "leave" => {
                        // Dropping both halves leaves the topic; the endpoint and its connections stay.
                        topic = None;
                        print(json!({ "event": "left" }));
                    }
                    "subscribe" => topic = Some(gossip.subscribe(topic_id, vec![]).await?.split()),
                    "metrics" => print(metrics(&gossip)),
                    command => if let Some((sender, _)) = &topic {
                        if let Err(error) = run(command, sender, &known).await {
                            print(json!({ "event": "error", "message": error.to_string() }));
                        }
                    },
                },
            },
            event = next_event(&mut topic) => match event {
                Some(event) => print(event),
                None => topic = None,
            },
        }
    }
    router.shutdown().await?;
    print(json!({ "event": "ended" }));
    Ok(())
}

async fn run(command: &str, sender: &GossipSender, known: &MemoryLookup) -> Result<()> {
    match command.split_once(' ') {
        Some(("broadcast", content)) => sender.broadcast(parse_hex(content)?.into()).await?,
        Some(("broadcast-neighbors", content)) => sender.broadcast_neighbors(parse_hex(content)?.into()).await?,
        Some(("join", peer)) => {
            let peer = parse_peer(peer.trim())?;
            let id = peer.id;
            known.add_endpoint_info(peer);
            sender.join_peers(vec![id]).await?;
        }
        _ => return Err(format!("unknown command {command:?}").into()),
    }
    Ok(())
}

/// Waits for ever where the topic was left; None when it ended by itself.
async fn next_event(topic: &mut Option<(GossipSender, GossipReceiver)>) -> Option<Value> {
    let Some((_, receiver)) = topic else { return std::future::pending().await };
    Some(match receiver.next().await? {
        Ok(Event::NeighborUp(peer)) => json!({ "event": "neighbor-up", "peer": hex(peer.as_bytes()) }),
        Ok(Event::NeighborDown(peer)) => json!({ "event": "neighbor-down", "peer": hex(peer.as_bytes()) }),
        Ok(Event::Received(message)) => {
            let (scope, round) = match message.scope {
                // The round is private; serde shows it.
                DeliveryScope::Swarm(round) => ("swarm", serde_json::to_value(round).unwrap_or(Value::Null)),
                DeliveryScope::Neighbors => ("neighbors", Value::Null),
            };
            json!({
                "event": "received",
                "content": hex(&message.content),
                "from": hex(message.delivered_from.as_bytes()),
                "scope": scope,
                "round": round,
            })
        }
        Ok(Event::Lagged) => json!({ "event": "lagged" }),
        Err(error) => json!({ "event": "error", "message": error.to_string() }),
    })
}

fn metrics(gossip: &Gossip) -> Value {
    let metrics = gossip.metrics();
    json!({
        "event": "metrics",
        "controlSent": metrics.msgs_ctrl_sent.get(),
        "controlReceived": metrics.msgs_ctrl_recv.get(),
        "dataSent": metrics.msgs_data_sent.get(),
        "dataReceived": metrics.msgs_data_recv.get(),
    })
}

fn print(value: Value) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: the end of standard input follows.
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}
