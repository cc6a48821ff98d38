//! The messages in a stream of bytes of PostgreSQL's protocol, version 3.

use std::{io, mem};

/// The kind of a client's first message, which has no type.
pub const STARTUP: u8 = 0;
/// The kind of a client's only message when it asks for the end of another connection's statement.
pub const CANCEL: u8 = 1;
/// The kind of a client's question, before all else, whether the server encrypts.
pub const ENCRYPTION: u8 = 2;

/// The longest first message that a server reads.
const LONGEST_FIRST: usize = 10_000;
/// The longest message that a test has a use for.
const LONGEST: usize = 1 << 28;

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// What the proxy says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub side: Side,
    /// The byte of its type, [`STARTUP`] or [`CANCEL`].
    pub kind: u8,
    /// The SQL of a client's `Q` or `P`.
    pub text: Option<String>,
}

/// A whole message.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub seen: Seen,
    /// All of it, as it was sent.
    pub bytes: Vec<u8>,
}

/// Finds the messages in what one side sends.
pub struct Frames {
    side: Side,
    /// Whether the next message is one without a type.
    begins: bool,
    /// What was read and not consumed.
    bytes: Vec<u8>,
    /// How much at the start of it has been consumed nevertheless.
    consumed: usize,
}

impl Frames {
    /// The messages of a side that has sent nothing yet.
    pub fn of(side: Side) -> Self {
        Self { side, begins: side == Side::Client, bytes: Vec::new(), consumed: 0 }
    }

    /// Adds what was read.
    pub fn add(&mut self, read: &[u8]) {
        self.bytes.drain(..mem::take(&mut self.consumed));
        self.bytes.extend_from_slice(read);
    }

    /// The next message, if all of it has been read. An error says that this can't be the protocol.
    pub fn take(&mut self) -> io::Result<Option<Frame>> {
        let left = &self.bytes[self.consumed..];
        let (head, lengths) = if self.begins { (0, 8..=LONGEST_FIRST) } else { (1, 4..=LONGEST) };
        let Some(length) = number(left, head) else { return Ok(None) };
        let length = length as usize;
        if !lengths.contains(&length) {
            return Err(malformed(self.side, &format!("a message of {length} bytes")));
        }
        let kind = if self.begins {
            let Some(code) = number(left, 4) else { return Ok(None) };
            first_kind(code).ok_or_else(|| malformed(self.side, &format!("the code {code} at the beginning")))?
        } else {
            left[0]
        };
        if !self.begins && !kind.is_ascii_alphanumeric() {
            return Err(malformed(self.side, &format!("a message of the type {kind}")));
        }
        let Some(bytes) = left.get(..head + length) else { return Ok(None) };
        let bytes = bytes.to_vec();
        self.consumed += bytes.len();
        self.begins = kind == ENCRYPTION;
        let seen = Seen { side: self.side, kind, text: text(self.side, kind, &bytes[head + 4..]) };
        Ok(Some(Frame { seen, bytes }))
    }
}

/// The number at a place, if it has been read.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

/// The kind of a message without a type, by its code.
fn first_kind(code: u32) -> Option<u8> {
    match code {
        80_877_102 => Some(CANCEL),
        // TLS, and GSSAPI.
        80_877_103 | 80_877_104 => Some(ENCRYPTION),
        _ => (code >> 16 == 3).then_some(STARTUP),
    }
}

/// The SQL in a message.
fn text(side: Side, kind: u8, body: &[u8]) -> Option<String> {
    let mut strings = body.split(|byte| *byte == 0);
    let text = match (side, kind) {
        (Side::Client, b'Q') => strings.next(),
        // A statement's name is before it.
        (Side::Client, b'P') => strings.nth(1),
        _ => None,
    };
    text.map(|text| String::from_utf8_lossy(text).into_owned())
}

fn malformed(side: Side, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a connection: the {side:?} sent {what}"))
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("it is short");
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn first(code: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).expect("it is short");
        [&length.to_be_bytes()[..], &code.to_be_bytes(), body].concat()
    }

    /// All messages that are there.
    fn consumed(frames: &mut Frames) -> Vec<Frame> {
        iter::from_fn(|| frames.take().expect("it is the protocol")).collect()
    }

    /// What a client sends at first, message by message.
    fn conversation() -> Vec<Vec<u8>> {
        vec![
            first(80_877_103, b""),
            first(196_608, b"user\0ada\0\0"),
            message(b'Q', b"BEGIN\0"),
            message(b'P', b"sqlx_s_1\0SELECT $1\0\0\0"),
            message(b'S', b""),
        ]
    }

    fn is_malformed(side: Side, bytes: &[u8]) -> bool {
        let mut frames = Frames::of(side);
        frames.add(bytes);
        frames.take().is_err_and(|error| error.kind() == io::ErrorKind::InvalidData)
    }

    #[test]
    fn several_messages_in_one_read_are_told_apart() {
        let mut frames = Frames::of(Side::Client);
        frames.add(&conversation().concat());
        let consumed = consumed(&mut frames);
        let kinds = consumed.iter().map(|frame| frame.seen.kind).collect::<Vec<_>>();
        assert_eq!(kinds, [ENCRYPTION, STARTUP, b'Q', b'P', b'S']);
        let texts = consumed.iter().map(|frame| frame.seen.text.as_deref()).collect::<Vec<_>>();
        assert_eq!(texts, [None, None, Some("BEGIN"), Some("SELECT $1"), None]);
        let bytes = consumed.into_iter().map(|frame| frame.bytes).collect::<Vec<_>>();
        assert_eq!(bytes, conversation());
    }

    #[test]
    fn a_message_is_found_wherever_reads_split_it() {
        let stream = conversation().concat();
        for size in 1..stream.len() {
            let mut frames = Frames::of(Side::Client);
            let mut bytes = Vec::new();
            for read in stream.chunks(size) {
                frames.add(read);
                bytes.extend(consumed(&mut frames).into_iter().map(|frame| frame.bytes));
            }
            assert_eq!(bytes, conversation(), "in reads of {size}");
        }
    }

    #[test]
    fn what_a_message_lacks_is_waited_for() {
        let whole = message(b'D', b"a row");
        let mut frames = Frames::of(Side::Server);
        for byte in &whole[..whole.len() - 1] {
            frames.add(&[*byte]);
            assert!(consumed(&mut frames).is_empty());
        }
        frames.add(&whole[whole.len() - 1..]);
        let seen = Seen { side: Side::Server, kind: b'D', text: None };
        assert_eq!(consumed(&mut frames), [Frame { seen, bytes: whole }]);
    }

    #[test]
    fn a_client_begins_without_a_type_and_a_server_does_not() {
        let mut frames = Frames::of(Side::Client);
        frames.add(&first(80_877_102, &[0; 8]));
        assert_eq!(consumed(&mut frames)[0].seen, Seen { side: Side::Client, kind: CANCEL, text: None });
        let mut frames = Frames::of(Side::Server);
        frames.add(&message(b'P', b"one\0two\0"));
        assert_eq!(consumed(&mut frames)[0].seen, Seen { side: Side::Server, kind: b'P', text: None });
    }

    #[test]
    fn what_is_not_the_protocol_is_refused_at_its_head() {
        let absurd = u32::try_from(LONGEST + 1).expect("it fits");
        for length in [0, 3, absurd, i32::MAX.cast_unsigned(), u32::MAX] {
            assert!(is_malformed(Side::Server, &[&b"D"[..], &length.to_be_bytes()].concat()), "{length}");
        }
        for length in [0_u32, 7, 10_001, u32::MAX] {
            assert!(is_malformed(Side::Client, &length.to_be_bytes()), "{length}");
        }
        assert!(is_malformed(Side::Client, &first(131_072, b"")), "version 2");
        assert!(is_malformed(Side::Client, b"GET / HTTP/1.1\r\n"));
        assert!(is_malformed(Side::Server, &message(0x16, b"a handshake")), "TLS");
    }
}
