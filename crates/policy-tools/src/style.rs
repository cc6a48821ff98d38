//! Colours and weights of text on a terminal, as ANSI escape sequences.

/// The code of bold text, for [`paint`].
pub const BOLD: &str = "1";
/// The code of dim text, for [`paint`].
pub const DIM: &str = "2";
/// The code of red text, for [`paint`].
pub const RED: &str = "31";
/// The code of green text, for [`paint`].
pub const GREEN: &str = "32";
/// The code of yellow text, for [`paint`].
pub const YELLOW: &str = "33";

/// Puts a text into the escape sequences of a style, one of the codes above; the text alone unless `styled`.
pub fn paint(text: &str, style: &str, styled: bool) -> String {
    if styled { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
}
