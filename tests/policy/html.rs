//! The HTML page of `rollcall policy table`: it is well formed, needs no other file, and escapes what is meant as text.

use std::collections::BTreeSet;

use rollcall_policy_tools::table::table;

use super::{golden::lumicon, holdings::compile_rules, table::SKETCH};

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "wbr"];

/// The tags of a page as they come, with their attributes; panics where one is not closed, or text is not escaped.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (mut open, mut elements): (Vec<String>, _) = (Vec::new(), Vec::new());
    let mut rest = page.strip_prefix("<!doctype html>\n").expect("the page has a type");
    while let Some((text, after)) = rest.split_once('<') {
        let in_style = open.last().is_some_and(|name| name == "style");
        assert!(in_style || !text.contains('>'), "`>` in {text:?}");
        for (at, _) in text.match_indices('&').filter(|_| !in_style) {
            let entity = text[at + 1..].split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "`&{entity}`");
        }
        let (tag, after) = after.split_once('>').unwrap_or_else(|| panic!("`<{after}` does not end"));
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "`</{name}>` ends something else");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(!name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit()));
        elements.push((name.to_owned(), attributes_of(attributes)));
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} are not closed; {rest:?} is left");
    elements
}

fn attributes_of(mut text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap_or_else(|| panic!("{text:?} is no attribute"));
        let (value, rest) = rest.split_once('"').unwrap_or_else(|| panic!("{rest:?} has no end"));
        attributes.push((name.trim().to_owned(), value.to_owned()));
        text = rest;
    }
    attributes
}

fn values<'e>(elements: &'e [(String, Vec<(String, String)>)], attribute: &str) -> Vec<&'e str> {
    let attributes = elements.iter().flat_map(|(_, attributes)| attributes);
    attributes.filter(|(name, _)| name == attribute).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn the_page_is_well_formed_and_complete_in_itself() {
    for policy in [lumicon(), compile_rules(SKETCH)] {
        let page = table(&policy).html();
        let elements = elements(&page);
        let ids = values(&elements, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id is there twice");
        for link in values(&elements, "href") {
            assert!(ids.contains(&link.strip_prefix('#').unwrap()), "`{link}` leads nowhere");
        }
        for id in values(&elements, "aria-labelledby") {
            assert!(ids.contains(&id), "`{id}` is nowhere");
        }
        let names: BTreeSet<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["script", "link", "img", "iframe"] {
            assert!(!names.contains(name), "<{name}>");
        }
        assert!(values(&elements, "src").is_empty() && values(&elements, "style").is_empty());
        for outside in ["http", "//", "url(", "@import"] {
            assert!(!page.contains(outside), "`{outside}` leads outside");
        }
    }
}

#[test]
fn every_grid_can_be_heard() {
    let page = table(&compile_rules(SKETCH)).html();
    let elements = elements(&page);
    let count = |name: &str| elements.iter().filter(|(element, _)| element == name).count();
    // One table of rules a section has no caption: its summary says what it is.
    assert_eq!(count("table"), count("caption") + count("summary"));
    assert!(elements.iter().filter(|(name, _)| name == "th").all(|(_, attributes)| attributes[0].0 == "scope"));
    assert_eq!(page.matches('✔').count(), page.matches("aria-hidden=\"true\">✔").count(), "a mark is read out");
    assert_eq!(page.matches(">✔</span>").count(), page.matches("<span class=\"heard\">yes</span>").count());
    assert_eq!(page.matches(">✘</span>").count(), page.matches("<span class=\"heard\">no</span>").count());
}

#[test]
fn what_was_meant_as_text_stays_text() {
    let evil = "<script>alert(\"&'\")</script>";
    let mut table = table(&compile_rules(SKETCH));
    table.policy = evil.to_owned();
    table.notes.push(format!("A note with `{evil}`, and {evil}."));
    table.legend.push((evil.to_owned(), evil.to_owned()));
    let section = &mut table.sections[0];
    section.resource_type = evil.to_owned();
    section.rules[0].text = evil.to_owned();
    section.rules[0].about = evil.to_owned();
    let grid = section.actions.as_mut().unwrap();
    grid.caption = evil.to_owned();
    grid.columns[0].name = evil.to_owned();
    grid.columns[0].group = evil.to_owned();
    grid.rows[0].name = evil.to_owned();
    let page = table.html();
    assert!(!page.contains("<script") && !page.contains(evil));
    elements(&page);
    // `&` is a sign of every second rule.
    assert!(page.contains("<code>owner &amp; project_admin | account_admin &amp; operator</code>"));
}
