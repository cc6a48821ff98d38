//! The codec of the contract's messages: Protobuf, which refuses a message with more entries than any request may have.
//!
//! An empty entry takes two bytes on the wire and hundreds once decoded, so the entries are counted before decoding.

use std::marker::PhantomData;

use prost::{
    Message,
    encoding::{DecodeContext, decode_key, skip_field},
};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

/// The most entries of a message, its other fields included. The largest message, `BatchCheck`, has at most 10,000
/// items.
const MOST_ENTRIES: usize = 10_016;
/// Messages up to this size, in bytes, are not counted: they are small even once decoded.
const SMALL: usize = 1024;

/// Encodes messages `T` and decodes messages `U`, which it refuses with `INVALID_ARGUMENT` when they have more than
/// 10,016 entries.
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
        if buffer.remaining() > SMALL && has_more_than(MOST_ENTRIES, buffer.chunk()) {
            let message = format!("the message has more than {MOST_ENTRIES} entries; send it in parts");
            return Err(Status::invalid_argument(message));
        }
        self.0.decode(buffer)
    }
}

/// Whether a message has more than `most` fields, each entry of a repeated one counted. A message that does not parse
/// is left to the decoder to refuse.
fn has_more_than(most: usize, mut message: &[u8]) -> bool {
    let mut count = 0;
    while !message.is_empty() {
        let Ok((tag, wire_type)) = decode_key(&mut message) else { return false };
        if skip_field(wire_type, tag, &mut message, DecodeContext::default()).is_err() {
            return false;
        }
        count += 1;
        if count > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_one_by_one() {
        // Field 2, of no bytes.
        let entries = |count: usize| [0x12, 0].repeat(count);
        assert!(!has_more_than(MOST_ENTRIES, &entries(MOST_ENTRIES)));
        assert!(has_more_than(MOST_ENTRIES, &entries(MOST_ENTRIES + 1)));
        assert!(!has_more_than(0, &[0xff; 11]), "what does not parse is refused when it is decoded");
        assert!(!has_more_than(0, &[]));
    }
}
