//! Golden vectors of iroh-gossip's wire, as JSON lines: `name`, `source`, `kind`, `hex`, `value`.
//!
//!   vectors            what the crate's own types encode to; the same on every run, checked in for the unit tests
//!   vectors capture    what a live iroh-gossip peer puts on its streams, read by plain QUIC clients; ports and ids differ
//!                      from run to run
//!
//! `kind`: `message` (a frame's payload), `frame` (with its length, as the stream carries it) or `peer-data`. `value` is the
//! crate's own serde notation, with byte strings in hex.
mod addresses;
mod capture;
mod messages;
mod notation;

use std::io::Write;

use meshwork_interop::{Result, hex};
use serde_json::{Value, json};

pub struct Vector {
    pub name: String,
    pub source: &'static str,
    pub kind: &'static str,
    pub bytes: Vec<u8>,
    pub value: Value,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let vectors = match std::env::args().nth(1).as_deref() {
        None => {
            let mut vectors = messages::vectors()?;
            vectors.extend(addresses::vectors()?);
            vectors
        }
        Some("capture") => capture::vectors().await?,
        Some(other) => return Err(format!("unknown argument {other}").into()),
    };
    let mut out = std::io::stdout().lock();
    for Vector { name, source, kind, bytes, value } in vectors {
        writeln!(
            out,
            "{}",
            json!({ "name": name, "source": source, "kind": kind, "hex": hex(&bytes), "value": value })
        )?;
    }
    Ok(())
}
