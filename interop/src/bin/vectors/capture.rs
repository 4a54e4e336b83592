//! Frames of a live iroh-gossip peer. Plain QUIC clients ("taps") stand around it and speak just enough of the protocol to have
//! it send every message there is; what it puts on its streams is the vector. Each step waits for the frame that it provokes.
use std::{collections::VecDeque, time::Duration};

use iroh::{
    Endpoint, EndpointAddr, SecretKey,
    address_lookup::memory::MemoryLookup,
    endpoint::{Connection, RecvStream, SendStream},
    protocol::Router,
};
use iroh_gossip::{ALPN, Gossip, TopicId, proto::HyparviewConfig};
use meshwork_interop::{Result, bind, hex};
use n0_future::StreamExt;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Vector,
    addresses::{AddrInfo, cases},
    messages::{endpoint, message_id},
    notation::{compact, decode, encode},
};

const TOPIC: [u8; 32] = [0x42; 32];
const STEP: Duration = Duration::from_secs(10);
const ACTIVE_VIEW: usize = 3;
const SHUFFLE: Duration = Duration::from_secs(2);

struct Frame {
    /// Index of the tap that read it.
    tap: usize,
    /// With its length.
    bytes: Vec<u8>,
    /// First of its stream.
    header: bool,
}

struct Tap {
    number: usize,
    endpoint: Endpoint,
    frames: mpsc::UnboundedSender<Frame>,
    /// Where it sends: one connection, one stream.
    out: Option<(Connection, SendStream)>,
}

impl Tap {
    async fn start(number: usize, frames: mpsc::UnboundedSender<Frame>) -> Result<Self> {
        let secret = SecretKey::from_bytes(&[0x80 + number as u8; 32]);
        let endpoint = bind(secret, vec![ALPN.to_vec()], MemoryLookup::new()).await?;
        tokio::spawn(accept(number, endpoint.clone(), frames.clone()));
        Ok(Self { number, endpoint, frames, out: None })
    }

    async fn send(&mut self, peer: &EndpointAddr, message: Value) -> Result<()> {
        if self.out.is_none() {
            let connection = self.endpoint.connect(peer.clone(), ALPN).await?;
            tokio::spawn(read_connection(self.number, connection.clone(), self.frames.clone()));
            let mut stream = connection.open_uni().await?;
            write_frame(&mut stream, &TOPIC).await?;
            self.out = Some((connection, stream));
        }
        let payload = encode(&message)?;
        let (_, stream) = self.out.as_mut().ok_or("no stream")?;
        write_frame(stream, &payload).await
    }

    fn id(&self) -> String {
        hex(self.endpoint.id().as_bytes())
    }
}

async fn write_frame(stream: &mut SendStream, payload: &[u8]) -> Result<()> {
    stream.write_all(&(payload.len() as u32).to_be_bytes()).await?;
    Ok(stream.write_all(payload).await?)
}

async fn accept(tap: usize, endpoint: Endpoint, frames: mpsc::UnboundedSender<Frame>) {
    while let Some(incoming) = endpoint.accept().await {
        if let Ok(connection) = incoming.await {
            tokio::spawn(read_connection(tap, connection, frames.clone()));
        }
    }
}

async fn read_connection(tap: usize, connection: Connection, frames: mpsc::UnboundedSender<Frame>) {
    while let Ok(stream) = connection.accept_uni().await {
        tokio::spawn(read_stream(tap, stream, frames.clone()));
    }
}

async fn read_stream(tap: usize, mut stream: RecvStream, frames: mpsc::UnboundedSender<Frame>) {
    let mut header = true;
    loop {
        let mut length = [0; 4];
        if stream.read_exact(&mut length).await.is_err() {
            return;
        }
        let mut bytes = length.to_vec();
        bytes.resize(4 + u32::from_be_bytes(length) as usize, 0);
        if stream.read_exact(&mut bytes[4..]).await.is_err() || frames.send(Frame { tap, bytes, header }).is_err() {
            return;
        }
        header = false;
    }
}

struct Capture {
    inbox: mpsc::UnboundedReceiver<Frame>,
    /// Read while another frame was awaited.
    aside: VecDeque<Frame>,
    vectors: Vec<Vector>,
}

impl Capture {
    /// The first frame that `wanted` likes, kept as a vector.
    async fn take(&mut self, name: &str, wanted: impl Fn(&Frame, &Value) -> bool) -> Result<(usize, Value)> {
        self.take_within(STEP, name, wanted).await
    }

    async fn take_within(
        &mut self,
        limit: Duration,
        name: &str,
        wanted: impl Fn(&Frame, &Value) -> bool,
    ) -> Result<(usize, Value)> {
        let matching = |frame: &Frame| -> Result<Option<Value>> {
            let value = if frame.header {
                json!({ "topic": hex(&frame.bytes[4..]) })
            } else {
                compact(&decode(&frame.bytes[4..])?)
            };
            Ok(wanted(frame, &value).then_some(value))
        };
        for index in 0..self.aside.len() {
            if let Some(value) = matching(&self.aside[index])? {
                let frame = self.aside.remove(index).ok_or("no frame")?;
                return Ok(self.keep(name, frame, value));
            }
        }
        let deadline = Instant::now() + limit;
        loop {
            let frame = timeout_at(deadline, self.inbox.recv()).await.map_err(|_| format!("{name}: did not come"))?;
            let frame = frame.ok_or("all taps have ended")?;
            match matching(&frame)? {
                Some(value) => return Ok(self.keep(name, frame, value)),
                None => self.aside.push_back(frame),
            }
        }
    }

    fn keep(&mut self, name: &str, frame: Frame, value: Value) -> (usize, Value) {
        let (name, kind) = (name.to_owned(), "frame");
        self.vectors.push(Vector { name, source: "captured", kind, bytes: frame.bytes, value: value.clone() });
        (frame.tap, value)
    }
}

/// Whether `value` is a message of that layer and name.
fn is(value: &Value, layer: &str, name: &str) -> bool {
    let inner = &value[layer];
    inner.as_str() == Some(name) || inner.as_object().is_some_and(|fields| fields.contains_key(name))
}

fn gossip_of(content: &[u8], round: u16) -> Value {
    json!({ "Gossip": { "Gossip": { "id": message_id(content), "content": content, "scope": { "Swarm": round } } } })
}

fn ihave_of(content: &[u8], round: u16) -> Value {
    json!({ "Gossip": { "IHave": [{ "id": message_id(content), "round": round }] } })
}

fn check(what: &str, holds: bool) -> Result<()> {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

pub async fn vectors() -> Result<Vec<Vector>> {
    let (frames, inbox) = mpsc::unbounded_channel();
    let mut one = Tap::start(1, frames.clone()).await?;
    let mut two = Tap::start(2, frames.clone()).await?;
    let mut three = Tap::start(3, frames.clone()).await?;
    let mut four = Tap::start(4, frames).await?;
    let mut capture = Capture { inbox, aside: VecDeque::new(), vectors: Vec::new() };

    let known = MemoryLookup::new();
    known.add_endpoint_info(one.endpoint.addr());
    let live = bind(SecretKey::from_bytes(&[0x77; 32]), vec![ALPN.to_vec()], known).await?;
    let membership =
        HyparviewConfig { active_view_capacity: ACTIVE_VIEW, shuffle_interval: SHUFFLE, ..Default::default() };
    let gossip = Gossip::builder().membership_config(membership).spawn(live.clone());
    let router = Router::builder(live.clone()).accept(ALPN, gossip.clone()).spawn();
    let addr = live.addr();

    // Joining: the header, then Join with what the peer knows of its own addresses.
    let topic = gossip.subscribe(TopicId::from_bytes(TOPIC), vec![one.endpoint.id()]).await?;
    let (sender, mut receiver) = topic.split();
    capture.take("stream header", |frame, _| frame.header && frame.tap == 1).await?;
    let (_, join) = capture.take("Join", |_, value| is(value, "Swarm", "Join")).await?;
    let own = hex(&AddrInfo::from(&addr).encode()?);
    check("Join carries AddrInfo of the endpoint's own address", join["Swarm"]["Join"] == json!(own))?;

    let neighbor = |priority: &str| json!({ "Swarm": { "Neighbor": { "priority": priority, "data": null } } });
    one.send(&addr, neighbor("High")).await?;
    capture.take("Neighbor High", |_, value| value["Swarm"]["Neighbor"]["priority"] == "High").await?;
    // It holds its own answer for a request and counts it as pending until it hears one more; so with the others below.
    one.send(&addr, neighbor("High")).await?;

    // Broadcasting, before there is anybody else.
    sender.broadcast(b"hello".to_vec().into()).await?;
    capture.take("Gossip to the swarm", |_, value| value["Gossip"]["Gossip"]["scope"]["Swarm"] == 0).await?;
    sender.broadcast_neighbors(b"to neighbours".to_vec().into()).await?;
    capture.take("Gossip to neighbours", |_, value| value["Gossip"]["Gossip"]["scope"] == "Neighbors").await?;
    one.send(&addr, gossip_of(b"from a tap", 4)).await?;
    one.send(&addr, gossip_of(b"from a tap", 4)).await?;
    capture.take("Prune of a duplicate", |_, value| is(value, "Gossip", "Prune")).await?;
    sender.broadcast(b"announced".to_vec().into()).await?;
    capture.take("IHave to a lazy peer", |_, value| is(value, "Gossip", "IHave")).await?;
    one.send(&addr, ihave_of(b"never sent", 300)).await?;
    capture.take("Graft with id", |_, value| value["Gossip"]["Graft"]["id"].is_string()).await?;

    // A second peer joins through it.
    two.send(&addr, json!({ "Swarm": { "Join": null } })).await?;
    capture.take("Neighbor to a joiner", |frame, value| frame.tap == 2 && is(value, "Swarm", "Neighbor")).await?;
    two.send(&addr, neighbor("High")).await?;
    capture.take("ForwardJoin", |frame, value| frame.tap == 1 && is(value, "Swarm", "ForwardJoin")).await?;
    one.send(&addr, gossip_of(b"second hop", 0)).await?;
    let second = |frame: &Frame, value: &Value| frame.tap == 2 && value["Gossip"]["Gossip"]["scope"]["Swarm"] == 1;
    capture.take("Gossip passed on", second).await?;

    // Optimisation: announced with round 0, delivered with round 300. The announcer must be lazy to be grafted, and its
    // announcement must be there before the delivery but less than 80 ms: two streams, so several tries.
    let grafted = |frame: &Frame, value: &Value| {
        frame.tap == 2 && is(value, "Gossip", "Graft") && value["Gossip"]["Graft"]["id"].is_null()
    };
    for attempt in 1.. {
        let content = format!("the long way {attempt}").into_bytes();
        two.send(&addr, json!({ "Gossip": "Prune" })).await?;
        two.send(&addr, ihave_of(&content, 0)).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        one.send(&addr, gossip_of(&content, 300)).await?;
        match capture.take_within(Duration::from_secs(1), "Graft without id", grafted).await {
            Ok(_) => break,
            Err(error) if attempt == 5 => return Err(error),
            Err(_) => {}
        }
    }
    capture.take("Prune of the long way", |frame, value| frame.tap == 1 && is(value, "Gossip", "Prune")).await?;

    // Shuffling: its own, and the answer to another's. The addresses of a third peer come with a reply, and it dials there.
    capture.take("Shuffle", |_, value| is(value, "Swarm", "Shuffle")).await?;
    let origin = one.id();
    one.send(&addr, json!({ "Swarm": { "Shuffle": { "origin": origin, "nodes": [], "ttl": 0 } } })).await?;
    one.send(
        &addr,
        json!({ "Swarm": { "Shuffle": { "origin": origin, "nodes": [{ "id": two.id(), "data": null }], "ttl": 0 } } }),
    )
    .await?;
    capture.take("ShuffleReply of nobody", |_, value| value["Swarm"]["ShuffleReply"]["nodes"] == json!([])).await?;
    capture.take("ShuffleReply of one", |_, value| value["Swarm"]["ShuffleReply"]["nodes"][0].is_object()).await?;
    let data = AddrInfo::from(&three.endpoint.addr()).encode()?;
    one.send(&addr, json!({ "Swarm": { "ShuffleReply": { "nodes": [{ "id": three.id(), "data": data }] } } })).await?;
    capture
        .take("Neighbor Low", |frame, value| frame.tap == 3 && value["Swarm"]["Neighbor"]["priority"] == "Low")
        .await?;
    three.send(&addr, neighbor("Low")).await?;

    // Full now: one that must be taken drives another out, which is told that we live.
    let mut neighbors = 0;
    while neighbors < ACTIVE_VIEW {
        timeout(STEP, receiver.next()).await?.ok_or("the topic has ended")??;
        neighbors = receiver.neighbors().count();
    }
    four.send(&addr, json!({ "Swarm": { "Join": null } })).await?;
    let (evicted, _) =
        capture.take("Disconnect, alive", |_, value| value["Swarm"]["Disconnect"]["alive"] == true).await?;

    // What it makes of every PeerData: asked of the peer's own address lookup. Sent by one that is still a neighbour.
    let teller = if evicted == 1 { &mut two } else { &mut one };
    for (index, (name, info)) in cases()?.into_iter().enumerate() {
        let stranger = endpoint(200 + index as u8);
        let node = json!({ "id": hex(stranger.as_bytes()), "data": info.encode()? });
        teller.send(&addr, json!({ "Swarm": { "ShuffleReply": { "nodes": [node] } } })).await?;
        // As read from the wire: without zones.
        let expected: AddrInfo = postcard::from_bytes(&info.encode()?)?;
        if expected == AddrInfo::default() {
            continue;
        }
        let deadline = Instant::now() + STEP;
        loop {
            let mut found = live.address_lookup()?.resolve(stranger);
            if let Some(Ok(Ok(item))) = found.next().await {
                check(
                    &format!("PeerData is understood: {name}"),
                    AddrInfo::from(&item.to_endpoint_addr()) == expected,
                )?;
                break;
            }
            check(&format!("PeerData arrives: {name}"), Instant::now() < deadline)?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    // Leaving.
    drop((sender, receiver));
    capture.take("Disconnect, leaving", |_, value| value["Swarm"]["Disconnect"]["alive"] == false).await?;
    router.shutdown().await?;
    Ok(capture.vectors)
}
