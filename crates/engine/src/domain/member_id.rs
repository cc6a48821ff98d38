//! The random ids by which records know people and addresses.

/// The letters of an id: lower-case ASCII letters and the digits 2 to 7, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// How many letters an id has: 130 bits.
const LETTERS: usize = 26;

/// The id that these random bytes make: 26 lower-case letters and digits, of the first 130 bits.
pub fn random_id(bytes: [u8; 32]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let letter = |number: usize| (0..5).fold(0, |value, offset| value << 1 | bit(number * 5 + offset));
    (0..LETTERS).filter_map(|number| ALPHABET.get(letter(number))).map(|letter| char::from(*letter)).collect()
}

/// Whether a text has the form of an id that [`random_id`] makes.
pub fn is_random_id(text: &str) -> bool {
    text.len() == LETTERS && text.bytes().all(|letter| ALPHABET.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_all_of_its_bits() {
        assert_eq!(random_id([0; 32]), "a".repeat(26));
        assert_eq!(random_id([255; 32]), "7".repeat(26));
        assert!(is_random_id(&random_id([99; 32])));
        for other in ["", "ada@acme.example", &"a".repeat(27), &"A".repeat(26), &"1".repeat(26)] {
            assert!(!is_random_id(other), "{other}");
        }
        let mut bytes = [0; 32];
        bytes[16] = 0b1100_0000;
        assert_eq!(random_id(bytes), format!("{}d", "a".repeat(25)), "the last letter has the bits 125 to 129");
        bytes[16] = 0b0011_1111;
        assert_eq!(random_id(bytes), "a".repeat(26), "what comes after them does not count");
    }
}
