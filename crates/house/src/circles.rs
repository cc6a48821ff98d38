//! No file imports one that imports it in turn, over others or at once; nor does a room, a directory right below `src`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    graph::Graph,
    modules::{Crate, parent, roots},
    names::Found,
    report::{Check, Fault},
    source::Repository,
};

/// The directories below which rooms are, besides each `src`.
const ROOM_PARENTS: [&str; 1] = ["src/service/write"];

/// Looks for circles in every crate: libraries and programs, tests and benchmarks.
pub(crate) fn check(repository: &Repository) -> Check {
    let (mut faults, mut imports) = (Vec::new(), BTreeSet::new());
    for root in roots(repository) {
        let files = edges(&Crate::read(repository, root));
        faults.extend(circles(&files));
        faults.extend(room_circles(repository, parent(root), &files));
        imports.extend(files.edges().map(|(from, to, _)| (from.to_owned(), to.to_owned())));
    }
    Check::new("circles", format!("{} imports between files of a crate", imports.len()), faults)
}

/// Which file imports which. A module that re-exports what is below it does not import that.
fn edges(modules: &Crate) -> Graph {
    let mut graph = Graph::default();
    for (path, module) in &modules.modules {
        // Code says the same names over and over.
        let mut seen = HashSet::new();
        let mentions = module.mentions.iter().filter(|named| seen.insert((named.is_global, &named.segments)));
        for named in module.imports.iter().chain(mentions) {
            let Found::Item(target) = modules.resolve(path, named) else { continue };
            let is_reexport = named.import.as_ref().is_some_and(|import| import.is_public);
            if is_reexport && target.starts_with(path) {
                continue;
            }
            if let Some(target) = modules.modules.get(&target).filter(|target| target.file != module.file) {
                graph.add(&module.file, &target.file, named.line);
            }
        }
    }
    graph
}

/// A fault for each group of files that import one another.
fn circles(files: &Graph) -> Vec<Fault> {
    let mut faults = Vec::new();
    for component in files.components() {
        // The shortest circle is the easiest to see.
        let circles = component.iter().map(|file| files.circle(file));
        let Some(circle) = circles.min_by_key(Vec::len) else { continue };
        let (Some(first), Some(second)) = (circle.first(), circle.get(1)) else { continue };
        let rest: Vec<String> = component.iter().filter(|f| !circle.contains(*f)).map(|f| format!("`{f}`")).collect();
        let others = if rest.is_empty() { String::new() } else { format!(" (with them: {})", rest.join(", ")) };
        let text = format!(
            "files import one another: {}{others}; move what both sides need into a file that imports neither",
            circle.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(" → "),
        );
        faults.push(Fault::new(first, files.line(first, second).unwrap_or(1), text));
    }
    faults
}

/// A fault for each group of rooms that import one another, at an import that closes the circle.
fn room_circles(repository: &Repository, source: &str, files: &Graph) -> Vec<Fault> {
    let is_source = source == "src" || source.ends_with("/src");
    let bases = [source].into_iter().filter(|_| is_source).chain(ROOM_PARENTS);
    bases.flat_map(|base| circles_within(repository, base, files)).collect()
}

fn circles_within(repository: &Repository, base: &str, files: &Graph) -> Vec<Fault> {
    let mut rooms = Graph::default();
    // The first import from one room into another, to be shown.
    let mut shown: BTreeMap<(String, String), (&str, &str, usize)> = BTreeMap::new();
    for (from, to, line) in files.edges() {
        let (Some(a), Some(b)) = (room(repository, base, from), room(repository, base, to)) else {
            continue;
        };
        if a != b {
            rooms.add(&a, &b, line);
            shown.entry((a, b)).or_insert((from, to, line));
        }
    }
    let mut faults = Vec::new();
    for component in rooms.components() {
        let circle = component.first().map(|room| rooms.circle(room)).unwrap_or_default();
        let steps = circle.iter().zip(circle.iter().skip(1));
        let imports: Vec<_> = steps.filter_map(|(a, b)| shown.get(&((*a).to_owned(), (*b).to_owned()))).collect();
        let Some((from, _, line)) = imports.first() else { continue };
        let text = format!(
            "rooms import one another: {} ({}); turn one of these imports round, or move what both need",
            circle.iter().map(|room| format!("`{room}`")).collect::<Vec<_>>().join(" → "),
            imports.iter().map(|(a, b, line)| format!("`{a}:{line}` → `{b}`")).collect::<Vec<_>>().join(", "),
        );
        faults.push(Fault::new(from, *line, text));
    }
    faults
}

/// The directory right below `base` that a file stands in, or, like `proto.rs` beside `proto/`, stands for.
fn room(repository: &Repository, base: &str, file: &str) -> Option<String> {
    let inside = file.strip_prefix(base)?.strip_prefix('/')?;
    let name = inside.split_once('/').map_or_else(|| inside.strip_suffix(".rs"), |(name, _)| Some(name))?;
    let room = format!("{base}/{name}");
    repository.has_directory(&room).then_some(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The report on a crate of these files below `src`.
    fn report(files: &[(&str, &str)]) -> String {
        let mut files: Vec<_> = files.iter().map(|(path, text)| (format!("src/{path}"), *text)).collect();
        files.push(("Cargo.toml".to_owned(), ""));
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        check(&Repository::from_texts(&files)).to_string()
    }

    #[test]
    fn a_circle_is_found_and_shown() {
        let found = report(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "pub struct A;\nuse crate::b::B;"),
            ("b.rs", "pub struct B;\n\nfn f() -> super::c::C { todo!() }"),
            ("c.rs", "pub struct C; use super::{a, d::D}; fn f(a: a::A) {}"),
            ("d.rs", "pub struct D; mod x { fn f() { crate::c::C; } }"),
        ]);
        let expected = "src/c.rs:1: files import one another: `src/c.rs` → `src/d.rs` → `src/c.rs` (with them: \
                        `src/a.rs`, `src/b.rs`); move";
        assert!(found.contains("; 1 fault\n") && found.contains(expected), "{found}");
    }

    #[test]
    fn reexports_and_tests_make_no_circle() {
        let found = report(&[
            ("lib.rs", "mod a; pub use a::{Child, Sibling};"),
            ("a/mod.rs", "mod child; mod sibling; pub use child::Child; pub(crate) use self::sibling::*;"),
            ("a/child.rs", "pub struct Child; use super::Sibling; #[cfg(test)] mod tests { use crate::Child; }"),
            ("a/sibling.rs", "pub struct Sibling; #[cfg(test)] mod tests { use super::super::Child; }"),
        ]);
        assert_eq!(found, "ok    circles: 1 imports between files of a crate\n");
    }

    #[test]
    fn a_circle_through_a_parent_is_found() {
        let found = report(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod child; pub struct Parent; fn f() { child::g() }"),
            ("a/child.rs", "pub(super) fn g() {} use super::Parent;"),
        ]);
        assert!(found.contains("`src/a/child.rs` → `src/a/mod.rs` → `src/a/child.rs`; move"), "{found}");
    }

    #[test]
    fn rooms_without_a_circle_of_files_can_still_have_one() {
        let found = report(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod x; pub mod y;"),
            ("a/x.rs", "pub struct X;\nuse crate::b::Z;"),
            ("a/y.rs", "pub struct Y;"),
            ("b/mod.rs", "pub use self::z::Z; mod z; mod v;"),
            ("b/z.rs", "pub struct Z;"),
            ("b/v.rs", "use crate::a::y::Y;"),
        ]);
        let expected = "src/a/x.rs:2: rooms import one another: `src/a` → `src/b` → `src/a` (`src/a/x.rs:2` → \
                        `src/b/z.rs`, `src/b/v.rs:1` → `src/a/y.rs`); turn";
        assert!(found.contains("; 1 fault\n") && found.contains(expected), "{found}");
    }
}
