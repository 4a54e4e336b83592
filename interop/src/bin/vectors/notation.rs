//! Between the crate's messages and their JSON. The message types of the two state machines are private, their enum is not:
//! serde makes it from JSON by the names of its fields, and so each message here is one of the crate's own.
use iroh::EndpointId;
use meshwork_interop::Result;
use serde_json::Value;

pub type Message = iroh_gossip::proto::topic::Message<EndpointId>;

/// What the crate puts into a frame for this message.
pub fn encode(notation: &Value) -> Result<Vec<u8>> {
    let message: Message = serde_json::from_value(notation.clone())?;
    let bytes = postcard::to_stdvec(&message)?;
    // What was meant is what the crate reads back.
    if postcard::from_bytes::<Message>(&bytes)? != message {
        return Err(format!("not read back: {notation}").into());
    }
    Ok(bytes)
}

pub fn decode(bytes: &[u8]) -> Result<Value> {
    let message: Message = postcard::from_bytes(bytes)?;
    Ok(serde_json::to_value(message)?)
}

/// Byte strings as hex: serde writes them as arrays of numbers. Told by the field, as an IHave list is an array too.
pub fn compact(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| {
                let bytes = matches!(name.as_str(), "id" | "content" | "data" | "Join");
                let field = match (bytes, field) {
                    (true, Value::Array(items)) => Value::String(items.iter().map(octet).collect()),
                    _ => compact(field),
                };
                (name.clone(), field)
            })
            .collect(),
        Value::Array(items) => items.iter().map(compact).collect(),
        other => other.clone(),
    }
}

fn octet(item: &Value) -> String {
    format!("{:02x}", item.as_u64().unwrap_or_default())
}
