//! The characters that ids, emails and names may not have: those that nobody sees, and those that make a text look like
//! another.

use icu_properties::{
    CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint, VariationSelector},
};

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// As empty as a space, though Unicode has it as a symbol.
const BLANK_PATTERN: char = '\u{2800}';

/// The kinds of characters that are more, or less, than what is seen of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LetterKind {
    Control,
    LineBreak,
    WhiteSpace,
    /// Turns the direction of the text behind it, so that it reads as another.
    Direction,
    /// Zero-width characters, soft hyphens, fillers, joiners, variation selectors and tags.
    Invisible,
}

impl LetterKind {
    /// The kind of a character; none of one that is what it looks like.
    fn of(letter: char) -> Option<Self> {
        if letter.is_ascii_graphic() {
            None
        } else if letter.is_control() {
            Some(Self::Control)
        } else if matches!(letter, '\u{2028}' | '\u{2029}') {
            Some(Self::LineBreak)
        } else if letter.is_whitespace() || letter == BLANK_PATTERN {
            Some(Self::WhiteSpace)
        } else if CodePointSetData::new::<BidiControl>().contains(letter) {
            Some(Self::Direction)
        } else if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter) {
            Some(Self::Invisible)
        } else {
            None
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Control => "a control character",
            Self::LineBreak => "a line break",
            Self::WhiteSpace => "white space",
            Self::Direction => "which turns the direction of text",
            Self::Invisible => "which nobody sees",
        }
    }
}

/// What an id or an email has that it may not, in words: white space, or a character that nobody sees. None if nothing.
pub(super) fn unfit_in_id(text: &str) -> Option<String> {
    first_unfit(text, |_, _| true)
}

/// What the id of a request has that it may not, in words: as [`unfit_in_id`], but for white space.
pub(super) fn unfit_in_request_id(text: &str) -> Option<String> {
    first_unfit(text, |_, kind| kind != LetterKind::WhiteSpace)
}

/// What a name that people read has that it may not, in words: a character that nobody sees. White space is fine, and
/// so are joiners and variation selectors, which Persian, Indic and Japanese names and emoji need.
pub(super) fn unfit_in_name(text: &str) -> Option<String> {
    let shapes = |letter: char| {
        matches!(letter, JOINER | NON_JOINER) || CodePointSetData::new::<VariationSelector>().contains(letter)
    };
    first_unfit(text, |letter, kind| kind != LetterKind::WhiteSpace && !shapes(letter))
}

/// The first character of one of the kinds for which `is_unfit` holds, in words that say which and where.
fn first_unfit(text: &str, is_unfit: impl Fn(char, LetterKind) -> bool) -> Option<String> {
    let (at, letter, kind) = text
        .char_indices()
        .filter_map(|(at, letter)| Some((at, letter, LetterKind::of(letter)?)))
        .find(|(_, letter, kind)| is_unfit(*letter, *kind))?;
    let before = match text.get(..at) {
        None | Some("") => "at its start".to_owned(),
        Some(before) => format!("after `{before}`"),
    };
    Some(format!("has U+{:04X}, {}, {before}; leave it out", u32::from(letter), kind.words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters, and whether they are fit for an id, the id of a request, and a name.
    const TABLE: &[(&str, [bool; 3])] = &[
        ("az AZ 09 !~", [false, true, true]),
        ("!~", [true, true, true]),
        // Letters, marks, symbols and emoji of any script, private ones and those of Unicode versions to come.
        (
            "\u{e9}\u{301}\u{df}\u{131}\u{212a}\u{d55c}\u{430}\u{1f469}\u{1f3fd}\u{e000}\u{10fffe}\u{378}",
            [true, true, true],
        ),
        ("\0", [false; 3]),
        ("\t", [false; 3]),
        ("\n", [false; 3]),
        ("\u{7f}", [false; 3]),
        ("\u{85}", [false; 3]),
        ("\u{9b}", [false; 3]),
        ("\u{2028}", [false; 3]),
        ("\u{2029}", [false; 3]),
        (" ", [false, true, true]),
        ("\u{a0}", [false, true, true]),
        ("\u{2003}", [false, true, true]),
        ("\u{3000}", [false, true, true]),
        ("\u{2800}", [false, true, true]),
        ("\u{200e}", [false; 3]),
        ("\u{200f}", [false; 3]),
        ("\u{61c}", [false; 3]),
        ("\u{202a}", [false; 3]),
        ("\u{202e}", [false; 3]),
        ("\u{2066}", [false; 3]),
        ("\u{2069}", [false; 3]),
        ("\u{ad}", [false; 3]),
        ("\u{34f}", [false; 3]),
        ("\u{115f}", [false; 3]),
        ("\u{1160}", [false; 3]),
        ("\u{17b4}", [false; 3]),
        ("\u{180e}", [false; 3]),
        ("\u{200b}", [false; 3]),
        ("\u{2060}", [false; 3]),
        ("\u{2064}", [false; 3]),
        ("\u{206f}", [false; 3]),
        ("\u{3164}", [false; 3]),
        ("\u{ffa0}", [false; 3]),
        ("\u{feff}", [false; 3]),
        ("\u{e0041}", [false; 3]),
        ("\u{200c}", [false, false, true]),
        ("\u{200d}", [false, false, true]),
        ("\u{fe0f}", [false, false, true]),
        ("\u{180b}", [false, false, true]),
        ("\u{e0100}", [false, false, true]),
    ];

    #[test]
    fn what_nobody_sees_is_unfit() {
        for (text, fit) in TABLE {
            let found = [unfit_in_id(text), unfit_in_request_id(text), unfit_in_name(text)];
            assert_eq!(found.map(|unfit: Option<String>| unfit.is_none()), *fit, "{}", text.escape_unicode());
        }
    }

    #[test]
    fn the_first_unfit_character_is_named_with_its_kind_and_where_it_is() {
        for (text, words) in [
            ("ed ith", "has U+0020, white space, after `ed`; leave it out"),
            ("é\u{200b}\0", "has U+200B, which nobody sees, after `é`; leave it out"),
            ("\u{202e}ade", "has U+202E, which turns the direction of text, at its start; leave it out"),
            ("a\0", "has U+0000, a control character, after `a`; leave it out"),
            ("a\u{e0041}", "has U+E0041, which nobody sees, after `a`; leave it out"),
        ] {
            assert_eq!(unfit_in_id(text).as_deref(), Some(words));
        }
        let words = "has U+2028, a line break, after `Ada Ng`; leave it out";
        assert_eq!(unfit_in_name("Ada Ng\u{2028}").as_deref(), Some(words));
    }
}
