//! The codec of the contract's messages: Protobuf, which refuses a message with more entries than any request may have.
//!
//! An empty entry takes two bytes on the wire and hundreds once decoded, so the entries are counted before decoding.

use std::marker::PhantomData;

use prost::{
    Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

/// The most entries of a message, its other fields included. The largest message, `BatchCheck`, has at most 10,000
/// items.
const MOST_ENTRIES: usize = 10_016;
/// The most entries of a message together with those of the messages within it: 26 for each of the most items.
const MOST_IN_ALL: usize = 1 << 18;
/// The fewest bytes of an entry: its key and its length. A message that is too short to have too many is not looked at.
const LEAST_BYTES: usize = 2;
/// How deep messages are looked into. The contract's own are at most four deep.
const DEPTH: u32 = 8;

/// Encodes messages `T` and decodes messages `U`, which it refuses with `INVALID_ARGUMENT` when they have more than
/// 10,016 entries, or 262,144 with those within them.
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

/// The decoder of [`BoundedCodec`].
pub struct BoundedDecoder<U>(ProstDecoder<U>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(ProstCodec::<T, U>::default().decoder())
    }
}

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        use prost::bytes::Buf as _;
        if has_too_many(buffer.chunk()) {
            let message = format!(
                "the message has more than {MOST_ENTRIES} entries, or {MOST_IN_ALL} with those within them; send it in \
                 parts"
            );
            return Err(Status::invalid_argument(message));
        }
        self.0.decode(buffer)
    }
}

/// Whether a message has more than [`MOST_ENTRIES`] fields of its own, each entry of a repeated one counted, or more
/// than [`MOST_IN_ALL`] with those of the messages within.
fn has_too_many(message: &[u8]) -> bool {
    let may_have = |most: usize| message.len() > most * LEAST_BYTES;
    if !may_have(MOST_ENTRIES) {
        return false;
    }
    let depth = if may_have(MOST_IN_ALL) { DEPTH } else { 0 };
    let mut budget = MOST_IN_ALL;
    let own = count(message, depth, &mut budget);
    own > MOST_ENTRIES || budget == 0
}

/// Counts the fields of a message, and takes them and those of the messages within from a budget. Whether a value is a
/// message or a text is not known here: what reads like a message counts as one. A message that does not parse is left
/// to the decoder to refuse.
fn count(mut message: &[u8], depth: u32, budget: &mut usize) -> usize {
    let mut own = 0;
    while !message.is_empty() && *budget > 0 {
        let Ok((tag, wire_type)) = decode_key(&mut message) else { break };
        let mut value = message;
        if skip_field(wire_type, tag, &mut message, DecodeContext::default()).is_err() {
            break;
        }
        own += 1;
        *budget -= 1;
        if wire_type == WireType::LengthDelimited && depth > 0 {
            let length = decode_varint(&mut value).ok().and_then(|length| usize::try_from(length).ok());
            let within = length.and_then(|length| value.get(..length));
            within.map(|within| count(within, depth - 1, budget));
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with field 2 of these bytes, `times` over.
    fn repeated(value: &[u8], times: usize) -> Vec<u8> {
        let mut entry = vec![0x12];
        prost::encoding::encode_varint(value.len() as u64, &mut entry);
        entry.extend_from_slice(value);
        entry.repeat(times)
    }

    #[test]
    fn entries_are_counted_one_by_one() {
        assert!(!has_too_many(&repeated(&[], MOST_ENTRIES)));
        assert!(has_too_many(&repeated(&[], MOST_ENTRIES + 1)));
        assert!(!has_too_many(&[0xff; 11]), "what does not parse is refused when it is decoded");
        assert!(!has_too_many(&[]));
    }

    #[test]
    fn entries_within_entries_count() {
        assert!(!has_too_many(&repeated(&repeated(&[], 25), 10_000)));
        assert!(has_too_many(&repeated(&repeated(&[], 26), 10_000)));
        let deep = repeated(&repeated(&repeated(&[], 300_000), 1), 1);
        assert!(has_too_many(&deep), "a list three messages down");
    }

    #[test]
    fn a_text_is_no_list() {
        assert!(!has_too_many(&repeated("a text that is no message, whatever it says. ".repeat(50_000).as_bytes(), 1)));
    }
}
