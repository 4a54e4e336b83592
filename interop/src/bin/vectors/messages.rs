//! Every message of the wire with values at the edges: absent and empty data, each step of the varints, full frames.
use iroh::{EndpointId, SecretKey};
use meshwork_interop::{Result, hex};
use serde_json::{Value, json};

use crate::{Vector, addresses, notation};

/// Valid keys that do not change: the public halves of 01…01, 02…02, and so on.
pub fn endpoint(number: u8) -> EndpointId {
    SecretKey::from_bytes(&[number; 32]).public()
}

fn peer(number: u8, data: Option<&[u8]>) -> Value {
    json!({ "id": hex(endpoint(number).as_bytes()), "data": data })
}

/// BLAKE3-256 of the content, as iroh-gossip has it.
pub fn message_id(content: &[u8]) -> Vec<u8> {
    blake3::hash(content).as_bytes().to_vec()
}

fn gossip(content: &[u8], scope: Value) -> Value {
    json!({ "Gossip": { "Gossip": { "id": message_id(content), "content": content, "scope": scope } } })
}

fn ihave(count: u16) -> Value {
    let entries: Vec<Value> = (0..count)
        .map(|number| json!({ "id": message_id(&number.to_be_bytes()), "round": number.wrapping_mul(150) }))
        .collect();
    json!({ "Gossip": { "IHave": entries } })
}

pub fn vectors() -> Result<Vec<Vector>> {
    let mut list: Vec<(String, Value)> = Vec::new();
    let mut add = |name: &str, message: Value| list.push((name.to_owned(), message));
    let swarm = |name: &str, fields: Value| json!({ "Swarm": { name: fields } });
    let data = addresses::cases()?.into_iter().find(|(name, _)| name == "relay and addresses").ok_or("no such case")?;
    let data = data.1.encode()?;
    let long = vec![0xd7; 200];
    let ttls = [0u16, 6, 127, 128, 16_383, 16_384, 65_535];

    add("Join without data", swarm("Join", Value::Null));
    add("Join with empty data", swarm("Join", json!([])));
    add("Join with addresses", swarm("Join", json!(data)));
    add("Join with data of 200 bytes", swarm("Join", json!(long)));
    for ttl in ttls {
        add(&format!("ForwardJoin, ttl {ttl}"), swarm("ForwardJoin", json!({ "peer": peer(1, None), "ttl": ttl })));
    }
    add("ForwardJoin with empty data", swarm("ForwardJoin", json!({ "peer": peer(2, Some(&[])), "ttl": 3 })));
    add("ForwardJoin with addresses", swarm("ForwardJoin", json!({ "peer": peer(3, Some(&data)), "ttl": 6 })));
    let origin = hex(endpoint(9).as_bytes());
    let eight: Vec<Value> = (1..=8).map(|number| peer(number, (number % 2 == 0).then_some(&data[..]))).collect();
    add("Shuffle of nobody", swarm("Shuffle", json!({ "origin": origin, "nodes": [], "ttl": 6 })));
    add("Shuffle of one", swarm("Shuffle", json!({ "origin": origin, "nodes": [peer(1, None)], "ttl": 0 })));
    add("Shuffle of eight", swarm("Shuffle", json!({ "origin": origin, "nodes": eight, "ttl": 5 })));
    add("Shuffle, ttl 300", swarm("Shuffle", json!({ "origin": origin, "nodes": [peer(4, Some(&long))], "ttl": 300 })));
    add("ShuffleReply of nobody", swarm("ShuffleReply", json!({ "nodes": [] })));
    add("ShuffleReply of one", swarm("ShuffleReply", json!({ "nodes": [peer(5, Some(&[]))] })));
    add("ShuffleReply of eight", swarm("ShuffleReply", json!({ "nodes": eight })));
    for priority in ["High", "Low"] {
        let neighbor = |data: Option<&[u8]>| swarm("Neighbor", json!({ "priority": priority, "data": data }));
        add(&format!("Neighbor {priority} without data"), neighbor(None));
        add(&format!("Neighbor {priority} with empty data"), neighbor(Some(&[])));
        add(&format!("Neighbor {priority} with addresses"), neighbor(Some(&data)));
    }
    for (alive, respond) in [(true, false), (false, false), (true, true), (false, true)] {
        let disconnect = swarm("Disconnect", json!({ "alive": alive, "_respond": respond }));
        add(&format!("Disconnect, alive {alive}, respond {respond}"), disconnect);
    }

    for round in [0u16, 1, 127, 128, 300, 16_383, 16_384, 65_535] {
        add(&format!("Gossip to the swarm, round {round}"), gossip(b"hello", json!({ "Swarm": round })));
    }
    add("Gossip to neighbours", gossip(b"hello", json!("Neighbors")));
    add("Gossip without content", gossip(b"", json!({ "Swarm": 0 })));
    for bytes in [127usize, 128, 4_056] {
        add(&format!("Gossip of {bytes} bytes"), gossip(&vec![0x6d; bytes], json!({ "Swarm": 128 })));
    }
    add("Prune", json!({ "Gossip": "Prune" }));
    for round in [0u16, 2, 128, 65_535] {
        add(
            &format!("Graft without id, round {round}"),
            json!({ "Gossip": { "Graft": { "id": null, "round": round } } }),
        );
        let id = message_id(b"hello");
        add(&format!("Graft with id, round {round}"), json!({ "Gossip": { "Graft": { "id": id, "round": round } } }));
    }
    for count in [0u16, 1, 3, 116] {
        add(&format!("IHave of {count}"), ihave(count));
    }

    list.into_iter()
        .map(|(name, message)| {
            let bytes = notation::encode(&message)?;
            Ok(Vector { name, source: "encoded", kind: "message", bytes, value: notation::compact(&message) })
        })
        .collect()
}
