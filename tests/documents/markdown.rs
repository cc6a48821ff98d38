//! The parts of a Markdown document that tests read: fenced blocks, consoles, tables, and what is in backticks.

use std::{fs, path::Path};

/// The documents that are tested here.
pub const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "docs/api.md", "docs/operations.md", "docs/security.md"];

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The document and the line of the opening fence.
    pub at: String,
    /// The word behind the opening fence.
    pub language: String,
    pub text: String,
}

/// A command of a console, and what the document shows that it prints.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: String,
    pub command: String,
    pub shown: String,
}

/// The text of a file of the repository.
pub fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The fenced blocks of a document, in order.
pub fn blocks(document: &str) -> Vec<Block> {
    let text = read(document);
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                let at = format!("{document}:{}", number + 1);
                blocks.push(Block { at, language: language.to_owned(), text: String::new() });
            }
            None if open => {
                let block = blocks.last_mut().expect("one is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!open, "{document}: a fence is not closed");
    blocks
}

/// The blocks of one language.
pub fn of_language(document: &str, language: &str) -> Vec<Block> {
    blocks(document).into_iter().filter(|block| block.language == language).collect()
}

impl Block {
    /// The commands of a console: a line that begins with `$ `, the indented lines right below it, and as its output
    /// what follows.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut in_command = false;
        for line in self.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                in_command = true;
                steps.push(Step { at: self.at.clone(), command: command.to_owned(), shown: String::new() });
                continue;
            }
            let step = steps.last_mut().unwrap_or_else(|| panic!("{}: begin a console with a command", self.at));
            in_command &= line.starts_with("  ");
            let part = if in_command { &mut step.command } else { &mut step.shown };
            if in_command {
                part.push('\n');
            }
            part.push_str(line);
            if !in_command {
                part.push('\n');
            }
        }
        steps
    }
}

/// The cells of every table row of a document, without the head of each table and the line below it.
pub fn rows(document: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let rows: Vec<Vec<String>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ").or_else(|| line.strip_prefix("|-")))
        .map(|line| line.trim_end_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let is_rule = |row: &[String]| row.iter().all(|cell| cell.trim_matches(['-', '|']).is_empty());
    let is_head = |at: usize| rows.get(at + 1).is_some_and(|next: &Vec<String>| is_rule(next));
    rows.iter().enumerate().filter(|(at, row)| !is_rule(row) && !is_head(*at)).map(|(_, row)| row.clone()).collect()
}

/// What is between backticks in a text, in order.
pub fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
