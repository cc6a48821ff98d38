//! Emails as people, forms and imports send them: the one form that each is kept in, or that it is refused.

use super::table::{Form, forms};

/// Each form that is kept, with other spellings of it.
const KEPT: &[(&str, &[&str])] = &[
    ("nina@post.example", &["NINA@post.example", "Nina@POST.Example", " \t\r\nnina@post.example \n"]),
    // The mail server's own business: tags, dots, and signs that are letters to it.
    ("nina+ads@post.example", &["Nina+ADS@post.example"]),
    ("n.i.n.a@post.example", &[]),
    ("o'hara@post.example", &["O'Hara@post.example"]),
    ("!#$%&'*+-/=?^_`{|}~@post.example", &[]),
    ("%00@post.example", &[]),
    // Composition and case: A to Z have one case, all other letters two.
    ("\u{e9}rica@post.example", &["e\u{301}rica@post.example", "e\u{301}RICA@POST.example"]),
    ("\u{c9}rica@post.example", &["E\u{301}rica@post.example"]),
    ("\u{1f0}an@post.example", &["J\u{30c}an@post.example", "j\u{30c}an@post.example"]),
    ("q\u{323}\u{307}@post.example", &["q\u{307}\u{323}@post.example"]),
    ("\u{d55c}@post.example", &["\u{1112}\u{1161}\u{11ab}@post.example"]),
    ("ida@post.example", &["IDA@post.example"]),
    ("\u{131}da@post.example", &["\u{131}DA@post.example"]),
    ("\u{130}da@post.example", &["I\u{307}da@post.example"]),
    ("stra\u{df}e@post.example", &["STRA\u{df}E@post.example"]),
    ("strasse@post.example", &["STRASSE@post.example"]),
    ("kim@post.example", &["\u{212a}im@post.example", "KIM@post.example"]),
    ("\u{395}\u{3bb}@post.example", &[]),
    // Letters that look like others are others: Cyrillic, fullwidth.
    ("\u{43d}ina@post.example", &[]),
    ("\u{ff4e}ina@post.example", &[]),
    ("\u{1f4ec}@post.example", &[]),
    // Domains are compared as the names that are looked up.
    (
        "nina@xn--bcher-kva.example",
        &[
            "nina@b\u{fc}cher.example",
            "NINA@B\u{dc}CHER.example",
            "nina@bu\u{308}cher.example",
            "nina@XN--BCHER-KVA.Example",
            "nina@b\u{fc}cher\u{3002}example",
        ],
    ),
    ("nina@xn--strae-oqa.example", &["nina@stra\u{df}e.example"]),
    ("nina@xn--80ak6aa92e.example", &["nina@\u{430}\u{440}\u{440}\u{4cf}\u{435}.example"]),
    ("nina@kino.example", &["nina@\u{212a}ino.example", "nina@\u{ff4b}ino.example"]),
    ("nina@1.2.example", &[]),
];

const REFUSED: &[&str] = &[
    " ",
    "nina",
    "@",
    "@post.example",
    "nina@",
    "nina%40post.example",
    "nina\u{ff20}post.example",
    // More than an address, or less.
    "mailto:nina@post.example",
    "<nina@post.example>",
    "Nina <nina@post.example>",
    "nina(work)@post.example",
    "nina@post.example,tom@post.example",
    "nina@post.example;tom@post.example",
    "nina@post.example@relay.example",
    "nina@@post.example",
    "nina@post.example\r\nBcc: tom@post.example",
    // Quoted, though RFC 5321 allows it; and a Greek question mark, which is a semicolon.
    "\"nina\"@post.example",
    "\"ni na\"@post.example",
    "ni\\na@post.example",
    "ni\u{37e}na@post.example",
    ".nina@post.example",
    "nina.@post.example",
    "ni..na@post.example",
    // No domain name of the internet.
    "nina@localhost",
    "nina@192.0.2.1",
    "nina@[192.0.2.1]",
    "nina@[IPv6:2001:db8::1]",
    "nina@post.example.",
    "nina@.post.example",
    "nina@post..example",
    "nina@-post.example",
    "nina@post-.example",
    "nina@po_st.example",
    "nina@po--st.example",
    "nina@xn--.example",
    // What nobody sees, before the `@` and after it.
    "ni na@post.example",
    "nina@post.exa mple",
    "\u{a0}nina@post.example",
    "ni\u{3000}na@post.example",
    "ni\tna@post.example",
    "nina\0@post.example",
    "nina\u{7f}@post.example",
    "ni\u{85}na@post.example",
    "ni\u{2028}na@post.example",
    "ni\u{200b}na@post.example",
    "nina@po\u{200b}st.example",
    "ni\u{200d}na@post.example",
    "ni\u{ad}na@post.example",
    "nina@po\u{ad}st.example",
    "ni\u{2060}na@post.example",
    "ni\u{3164}na@post.example",
    "\u{feff}nina@post.example",
    "nina\u{fe0f}@post.example",
    "nina\u{e0041}@post.example",
    "\u{202e}anin@post.example",
    "ni\u{200f}na@post.example",
    "nina@post.example\u{2069}",
];

/// Every email of the table, and those that are as long as one may be, or longer.
pub fn emails() -> Vec<Form> {
    let local = |bytes: usize| format!("{}@post.example", "l".repeat(bytes));
    let whole = |last: usize| format!("{}@{}.{}.{}", "l".repeat(64), "d".repeat(63), "e".repeat(63), "f".repeat(last));
    let mut all = forms(KEPT, REFUSED);
    all.extend([Form::kept(&local(64)), Form::refused(&local(65))]);
    all.extend([Form::kept(&whole(61)), Form::refused(&whole(62))]);
    all.push(Form::refused(&format!("nina@{}.example", "d".repeat(64))));
    all.push(Form::refused(&format!("{}@post.example", "\u{e9}".repeat(33))));
    all
}
