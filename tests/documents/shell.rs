//! A shell that runs the commands of a document as a reader would, and compares what they print with what it shows.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::markdown::Step;

/// The address in the documents.
pub const SHOWN_ADDRESS: &str = "127.0.0.1:7450";

const END: &str = "-- end of a command --";
/// The fields whose values differ with each run.
const VARYING_FIELDS: [&str; 9] = [
    "token",
    "etag",
    "current_etag",
    "time",
    "createTime",
    "expireTime",
    "issueTime",
    "invitationToken",
    "nextPageToken",
];
/// How `cargo` is told to run the example, and where the example is.
const RUN_EXAMPLE: &str = "cargo run --quiet --example check --";

/// The directory of the program; the examples are below it.
fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rollcall")).parent().expect("a program is in a directory")
}

fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    assert!(tools.join("grpcurl").exists(), "there is no target/tools/grpcurl: run `./dev tools`, then try again");
    tools
}

fn example() -> String {
    let example = programs().join("examples/check");
    assert!(example.exists(), "the example is not built: run `cargo build --example check`, then try again");
    example.display().to_string()
}

/// What `script` prints, errors included, in a shell that has grpcurl and the program.
pub fn run(script: &str, dir: &Path) -> String {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let path = [tools(), programs().to_owned()].into_iter().chain(env::split_paths(&inherited));
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(dir)
        .env("PATH", env::join_paths(path).expect("paths without a colon"))
        .output()
        .expect("bash runs");
    String::from_utf8(output.stdout).expect("a text")
}

/// Runs the steps in one shell after `before`, on the server at `address`, and compares what each prints with what the
/// document shows. Returns what `after` printed.
///
/// # Panics
///
/// When something is printed that is not shown, or the other way round.
pub fn run_steps(steps: &[Step], (before, after): (&str, &str), dir: &Path, address: SocketAddr) -> String {
    let address = address.to_string();
    let mut script = format!("{before}\n");
    for Step { command, .. } in steps {
        let command = command.replace(SHOWN_ADDRESS, &address);
        let command = if command.contains(RUN_EXAMPLE) { command.replace(RUN_EXAMPLE, &example()) } else { command };
        script.extend(["{\n", &command, "\n}\necho\necho '", END, "'\n"]);
    }
    script.push_str(after);
    let (printed, end) = (run(&script, dir), format!("\n{END}\n"));
    let printed: Vec<&str> = printed.split(&end).collect();
    for (step, found) in steps.iter().zip(&printed) {
        let found = found.replace(&address, SHOWN_ADDRESS);
        let (found, shown) = (blanked(&found), blanked(&step.shown));
        assert!(
            found.trim_end() == shown.trim_end(),
            "{}: the document is not true\n$ {}\n--- it shows\n{shown}\n--- it prints\n{found}",
            step.at,
            step.command
        );
    }
    assert_eq!(printed.len(), steps.len() + 1, "the shell ended before the last command: {printed:?}");
    printed.last().copied().unwrap_or_default().trim_end().to_owned()
}

/// A text without the values that differ with each run: some fields, all ids and hashes in hexadecimal, and all random ids
/// of 26 letters.
fn blanked(text: &str) -> String {
    let mut blank = text.to_owned();
    for field in VARYING_FIELDS {
        for opening in [format!("\"{field}\": \""), format!("\"{field}\":\"")] {
            let mut from = 0;
            while let Some(found) = blank[from..].find(&opening) {
                let start = from + found + opening.len();
                let end = blank[start..].find('"').map_or(blank.len(), |length| start + length);
                // Of tokens and etags the form is to be true still.
                let is_of_one_form = ["token", "etag", "current_etag"].contains(&field);
                let form = if is_of_one_form { format!("of {} characters", end - start) } else { String::new() };
                blank.replace_range(start..end, &form);
                from = start;
            }
        }
    }
    let is_hex = |word: &str| {
        [32, 64].contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_random_id =
        |word: &str| word.len() == 26 && word.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
    let words =
        blank.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| is_hex(word) || is_random_id(word));
    let hexes: Vec<String> = words.map(str::to_owned).collect();
    hexes.iter().fold(blank, |text, hex| text.replace(hex, ""))
}

#[test]
fn only_what_differs_is_blanked() {
    let text = concat!(
        r#"{"token": "A", "reason": "R", "metadata":{"current_etag":"B","member":"m"}, "#,
        r#""id": "00112233445566778899aabbccddeeff"}"#
    );
    let blank = concat!(
        r#"{"token": "of 1 characters", "reason": "R", "metadata":{"current_etag":"of 1 characters","member":"m"}, "#,
        r#""id": ""}"#
    );
    assert_eq!(blanked(text), blank);
}
