//! Whatever the bytes are, they are read or refused.

use proptest::prelude::*;

use super::*;

/// What stands where something of another kind does.
const PIECES: [&str; 14] = [
    "",
    "\"\"",
    "1",
    "1.5",
    "true",
    "[]",
    "[[]]",
    "{}",
    "{ sha256 = 1 }",
    "2027-01-01",
    "00:00:00",
    "2027-12-31T23:59:60Z",
    "\"\\u0000\\n\u{202e}ä\"",
    "a.b.c",
];

proptest! {
    #[test]
    fn no_text_stops_the_reader(text in "(\\[\\[caller\\]\\]|[a-z]{1,8} = |[\\[\\]{}\"',.=0-9\n -]|\\PC){0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_changed_bytes_stop_the_reader(changes in prop::collection::vec((0..WHOLE.len(), any::<u8>()), 1..4)) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn no_value_of_another_kind_stops_the_reader() {
    let mut refused = 0;
    for (number, line) in WHOLE.lines().enumerate() {
        let Some((field, _)) = line.split_once(" = ") else { continue };
        for piece in PIECES {
            let changed =
                |(at, line): (usize, &str)| if at == number { format!("{field} = {piece}") } else { line.to_owned() };
            let text: Vec<String> = WHOLE.lines().enumerate().map(changed).collect();
            if let Err(mistakes) = parse(&text.join("\n")) {
                refused += 1;
                assert!(mistakes.lines().all(|line| line.starts_with("callers.toml:")), "{mistakes}");
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn no_end_of_the_file_stops_the_reader() {
    for end in 0..WHOLE.len() {
        let _ = parse(&WHOLE[..end]);
    }
}
