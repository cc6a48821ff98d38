//! Styles of a terminal.

/// The code of bold letters.
pub const BOLD: &str = "1";
/// The code of dim letters.
pub const DIM: &str = "2";
/// The code of red letters.
pub const RED: &str = "31";
/// The code of green letters.
pub const GREEN: &str = "32";
/// The code of yellow letters.
pub const YELLOW: &str = "33";

/// A text in a style, one of the codes above; as it is where the output is not `styled`.
pub fn paint(text: &str, style: &str, styled: bool) -> String {
    if styled { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
}
