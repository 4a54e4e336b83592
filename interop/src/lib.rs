//! What both programs share: endpoints that stay on this machine, and the notation of arguments and output.
//!
//! Relays and address lookups of the internet are off: a peer is reached at the addresses it was given, or that gossip brought.
use std::{error::Error, net::SocketAddr};

use iroh::{
    Endpoint, EndpointAddr, EndpointId, RelayMode, SecretKey, address_lookup::memory::MemoryLookup, endpoint::presets,
};
use iroh_gossip::TopicId;

pub type BoxError = Box<dyn Error + Send + Sync>;
pub type Result<T, E = BoxError> = std::result::Result<T, E>;

/// Binds to a free port of 127.0.0.1, and to nothing else.
pub async fn bind(secret: SecretKey, alpns: Vec<Vec<u8>>, known: MemoryLookup) -> Result<Endpoint> {
    let endpoint = Endpoint::builder(presets::Minimal)
        .secret_key(secret)
        .relay_mode(RelayMode::Disabled)
        .address_lookup(known)
        .alpns(alpns)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?
        .bind()
        .await?;
    Ok(endpoint)
}

/// `<64 hex digits>@<ip:port>`, as the TypeScript side writes a seed.
pub fn parse_peer(text: &str) -> Result<EndpointAddr> {
    let (id, address) = text.split_once('@').ok_or_else(|| format!("no '@' in {text:?}"))?;
    let address: SocketAddr = address.parse()?;
    Ok(EndpointAddr::new(parse_id(id)?).with_ip_addr(address))
}

pub fn parse_id(text: &str) -> Result<EndpointId> {
    Ok(EndpointId::from_bytes(&parse_bytes32(text)?)?)
}

pub fn parse_topic(text: &str) -> Result<TopicId> {
    Ok(TopicId::from_bytes(parse_bytes32(text)?))
}

pub fn parse_bytes32(text: &str) -> Result<[u8; 32]> {
    let bytes = parse_hex(text)?;
    bytes.try_into().map_err(|_| format!("{text:?} is not 32 bytes in hex").into())
}

pub fn parse_hex(text: &str) -> Result<Vec<u8>> {
    Ok(data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes())?)
}

pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
