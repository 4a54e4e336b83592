//! PeerData: what iroh-gossip's net layer tells of a peer's addresses. Its type is private; this is the same struct, with iroh's own
//! address types. `capture` holds it against a live peer both ways: what the peer sends equals what is encoded here, and what is
//! encoded here is what the peer then knows.
use std::{
    collections::BTreeSet,
    net::{Ipv6Addr, SocketAddr, SocketAddrV6},
};

use iroh::{EndpointAddr, RelayUrl};
use meshwork_interop::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Vector;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddrInfo {
    pub relay_url: Option<RelayUrl>,
    pub direct_addresses: BTreeSet<SocketAddr>,
}

impl From<&EndpointAddr> for AddrInfo {
    fn from(addr: &EndpointAddr) -> Self {
        Self { relay_url: addr.relay_urls().next().cloned(), direct_addresses: addr.ip_addrs().copied().collect() }
    }
}

impl AddrInfo {
    pub fn encode(&self) -> Result<Vec<u8>> {
        Ok(postcard::to_stdvec(self)?)
    }
}

/// Name, relay, addresses.
const CASES: &[(&str, Option<&str>, &[&str])] = &[
    ("nothing", None, &[]),
    ("one IPv4", None, &["127.0.0.1:1"]),
    (
        "ports around a varint's steps",
        None,
        &["10.0.0.1:0", "10.0.0.1:127", "10.0.0.1:128", "10.0.0.1:16383", "10.0.0.1:16384", "10.0.0.1:65535"],
    ),
    ("one IPv6", None, &["[2001:db8::1]:443"]),
    ("loopback of both families", None, &["[::1]:4433", "127.0.0.1:4433"]),
    (
        "IPv4 before IPv6, by address, then port",
        None,
        &["[fe80::1]:9", "[::ffff:192.0.2.1]:8", "10.0.0.2:1", "10.0.0.10:1", "9.255.255.255:7", "10.0.0.2:0"],
    ),
    ("the same address twice", None, &["192.168.1.7:4433", "192.168.1.7:4433"]),
    ("relay only", Some("https://relay.example.com./"), &[]),
    ("relay and addresses", Some("https://relay.example.com./"), &["192.168.1.7:4433", "[2001:db8::1]:443"]),
    (
        "relay with a port, from a text without its last slash",
        Some("https://relay.example.com:8443"),
        &["203.0.113.9:11204"],
    ),
];

pub fn cases() -> Result<Vec<(String, AddrInfo)>> {
    let mut cases = Vec::new();
    for (name, relay, addresses) in CASES {
        let relay_url = relay.map(str::parse).transpose()?;
        let direct_addresses = addresses.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        cases.push(((*name).to_owned(), AddrInfo { relay_url, direct_addresses }));
    }
    let zoned = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2), 5, 0, 3));
    cases.push((
        "IPv6 with a zone, which the wire drops".into(),
        AddrInfo { relay_url: None, direct_addresses: [zoned].into() },
    ));
    Ok(cases)
}

pub fn vectors() -> Result<Vec<Vector>> {
    cases()?
        .into_iter()
        .map(|(name, info)| {
            let bytes = info.encode()?;
            // As it is read: without zones.
            let read: AddrInfo = postcard::from_bytes(&bytes)?;
            let value = json!({
                "relayUrl": read.relay_url.map(|url| url.to_string()),
                "directAddresses": read.direct_addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            });
            Ok(Vector { name: format!("AddrInfo: {name}"), source: "encoded", kind: "peer-data", bytes, value })
        })
        .collect()
}
