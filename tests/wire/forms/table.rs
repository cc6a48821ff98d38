//! Tables of forms, and those of everything but emails: ids, user names, phone numbers and names.

/// A text as it is sent, and as it is kept; none where it is refused.
pub struct Form {
    pub sent: String,
    pub kept: Option<String>,
}

impl Form {
    /// A text that is kept as it is.
    pub fn kept(text: &str) -> Self {
        Self { sent: text.to_owned(), kept: Some(text.to_owned()) }
    }

    /// A text that is refused.
    pub fn refused(text: &str) -> Self {
        Self { sent: text.to_owned(), kept: None }
    }
}

/// The forms of a table: each text that is kept as it is, with others that are kept as that one; and those refused.
pub fn forms(kept: &[(&str, &[&str])], refused: &[&str]) -> Vec<Form> {
    let mut all = Vec::new();
    for (text, spellings) in kept {
        all.push(Form::kept(text));
        all.extend(spellings.iter().map(|sent| Form { sent: (*sent).to_owned(), ..Form::kept(text) }));
    }
    all.extend(refused.iter().map(|text| Form::refused(text)));
    all
}

/// What no id and no user name has in it: white space, and what nobody sees.
const UNFIT: &[&str] = &[
    " edith",
    "edith ",
    "ed ith",
    "ed\u{a0}ith",
    "ed\u{3000}ith",
    "ed\u{2800}ith",
    "ed\u{2028}ith",
    "ed\tith",
    "edith\n",
    "edith\0",
    "edith\u{7f}",
    "edith\u{85}",
    "edith\u{9b}",
    "ed\u{200b}ith",
    "ed\u{200c}ith",
    "\u{1f469}\u{200d}\u{1f692}",
    "\u{2764}\u{fe0f}",
    "ed\u{ad}ith",
    "ed\u{34f}ith",
    "ed\u{115f}ith",
    "ed\u{17b4}ith",
    "ed\u{180e}ith",
    "ed\u{2060}ith",
    "ed\u{3164}ith",
    "ed\u{ffa0}ith",
    "\u{feff}edith",
    "edith\u{e0041}",
    "ed\u{e0100}ith",
    "ed\u{61c}ith",
    "ed\u{200f}ith",
    "\u{202e}htide",
    "ed\u{2066}ith",
    "$edith",
];

/// Ids of subjects, resources and invitations. One that is not normalised is refused, so that equal ids are equal bytes.
pub fn ids() -> Vec<Form> {
    let kept: &[&str] = &[
        "edith",
        "Edith",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "edith@acme.example",
        "mailto:edith@acme.example",
        "../edith",
        "%00",
        "a$b",
        "caf\u{e9}",
        "\u{1ea1}\u{307}",
        "\u{d55c}",
        "stra\u{df}e",
        "\u{131}da",
        // Letters that look like others are others: Cyrillic, fullwidth.
        "\u{435}dith",
        "\u{ff45}dith",
        "\u{1f469}\u{1f3fd}",
        "\u{e000}",
    ];
    let not_normal = ["cafe\u{301}", "a\u{323}\u{307}", "q\u{307}\u{323}", "\u{1112}\u{1161}\u{11ab}", "\u{212a}im"];
    let mut all = forms(&[], UNFIT);
    all.extend(kept.iter().map(|text| Form::kept(text)));
    all.extend(not_normal.map(Form::refused));
    all.extend([Form::kept(&"x".repeat(128)), Form::refused(&"x".repeat(129))]);
    all.extend([Form::kept(&"\u{e9}".repeat(64)), Form::refused(&"\u{e9}".repeat(65))]);
    all
}

/// User names, which are normalised as emails are.
pub fn usernames() -> Vec<Form> {
    let kept: &[(&str, &[&str])] = &[
        ("edith", &["EDITH", "Edith"]),
        ("edith.e", &[]),
        ("caf\u{e9}", &["cafe\u{301}", "CAFe\u{301}"]),
        ("caf\u{c9}", &["CAFE\u{301}"]),
        ("\u{1f0}an", &["J\u{30c}an"]),
        ("kim", &["\u{212a}im"]),
        ("\u{131}da", &[]),
        ("\u{435}dith", &[]),
        ("@edith", &["@Edith"]),
        ("edith@home", &["Edith@HOME"]),
        ("+edith", &[]),
    ];
    let mut all = forms(kept, UNFIT);
    all.extend([Form::kept(&"x".repeat(64)), Form::refused(&"x".repeat(65))]);
    all.extend([Form::refused("*"), Form::refused(&"\u{e9}".repeat(33))]);
    all
}

/// Phone numbers, of which E.164 has one form alone.
pub fn phones() -> Vec<Form> {
    let refused = [
        "4930123457",
        "030123457",
        "004930123457",
        "+0301",
        "+1",
        "+1234567890123456",
        "+49 30 123457",
        "+49-30-123457",
        "+49(30)123457",
        "tel:+4930123457",
        "\u{ff0b}4930123457",
        "+\u{ff14}\u{ff19}30123457",
        "+\u{664}\u{669}30123457",
        "+4930123457\u{200b}",
        "\u{202a}+4930123457\u{202c}",
    ];
    forms(&[("+4930123457", &[]), ("+12", &[]), ("+123456789012345", &[])], &refused)
}

/// Names that people read, which are kept as they are.
pub fn names() -> Vec<Form> {
    let kept: &[(&str, &[&str])] = &[
        ("Edith Eager", &[]),
        (" ", &[]),
        ("Zoe\u{308} O'Hara <b>", &[]),
        ("\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}", &[]),
        ("\u{1f469}\u{200d}\u{1f692} \u{2764}\u{fe0f}", &[]),
        ("\u{845b}\u{e0100}\u{57ce}", &[]),
    ];
    let refused = [
        "Edith\nEager",
        "Edith\tEager",
        "Edith\0",
        "Edith\u{85}",
        "Edith\u{2028}Eager",
        "Edith\u{2029}",
        "Edith \u{202e}regaE",
        "\u{2066}Edith",
        "\u{200f}Edith",
        "Edith\u{200b}",
        "E\u{ad}dith",
        "\u{feff}Edith",
        "\u{3164}",
        "Edith\u{e0041}",
    ];
    let mut all = forms(kept, &refused);
    all.extend([Form::kept(&"x".repeat(200)), Form::refused(&"x".repeat(201))]);
    all
}

/// Ids of requests, long enough for every write.
pub fn request_ids() -> Vec<Form> {
    let refused = [
        "a random request\0",
        "a random request\n",
        "a random\u{200b} request",
        "a random\u{202e} request",
        "a random\u{ad} request",
        "\u{feff}a random request",
    ];
    let mut all = forms(&[("a random request id", &[]), ("cafe\u{301} and \u{1f469}\u{1f3fd}", &[])], &refused);
    all.extend([Form::kept(&"x".repeat(128)), Form::refused(&"x".repeat(129))]);
    all
}
