//! A graph of names: its strongly connected components, and the shortest circle through a name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Names, and for each what it points at, with the first line that does.
#[derive(Default)]
pub(crate) struct Graph(BTreeMap<String, BTreeMap<String, usize>>);

impl Graph {
    /// Adds an edge; of several between the same two, the one of the smallest line is kept.
    pub(crate) fn add(&mut self, from: &str, to: &str, line: usize) {
        let lines = self.0.entry(from.to_owned()).or_default();
        let kept = lines.entry(to.to_owned()).or_insert(line);
        *kept = line.min(*kept);
    }

    /// All edges, in order: from where, to where, at which line.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.0.iter().flat_map(|(from, to)| to.iter().map(|(to, line)| (from.as_str(), to.as_str(), *line)))
    }

    /// The line of an edge, if there is one.
    pub(crate) fn line(&self, from: &str, to: &str) -> Option<usize> {
        self.0.get(from)?.get(to).copied()
    }

    /// The groups of names that each reach all others of their group; only those of two and more.
    pub(crate) fn components(&self) -> Vec<BTreeSet<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|name| (name.as_str(), self.reached(name))).collect();
        let mut components = BTreeSet::new();
        for (name, others) in &reached {
            let returns = |other: &&&str| reached.get(**other).is_some_and(|reached| reached.contains(name));
            let component: BTreeSet<&str> = others.iter().filter(returns).copied().collect();
            if component.len() > 1 {
                components.insert(component);
            }
        }
        components.into_iter().collect()
    }

    /// The shortest path from a name back to itself, both ends included; empty when there is none.
    pub(crate) fn circle(&self, start: &str) -> Vec<&str> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue: VecDeque<&str> =
            self.0.get_key_value(start).map(|(start, _)| start.as_str()).into_iter().collect();
        while let Some(name) = queue.pop_front() {
            for next in self.targets(name).filter(|next| *next != name) {
                if !came_from.contains_key(next) {
                    came_from.insert(next, name);
                    queue.push_back(next);
                }
            }
        }
        let mut circle: Vec<&str> = Vec::new();
        let mut at = came_from.get_key_value(start).map(|(start, _)| *start);
        while let Some(name) = at {
            let is_round = name == start && !circle.is_empty();
            circle.push(name);
            at = if is_round { None } else { came_from.get(name).copied() };
        }
        circle.reverse();
        circle
    }

    fn targets(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flat_map(|targets| targets.keys().map(String::as_str))
    }

    /// What a name points at, over as many others as it takes.
    fn reached(&self, name: &str) -> BTreeSet<&str> {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut queue: Vec<&str> = self.targets(name).collect();
        while let Some(name) = queue.pop() {
            if reached.insert(name) {
                queue.extend(self.targets(name));
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.add(from, to, 1);
        }
        graph
    }

    #[test]
    fn only_circles_are_components() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("f", "a")]);
        let expected = [BTreeSet::from(["a", "b", "c"]), BTreeSet::from(["d", "e"])];
        assert_eq!(graph.components(), expected);
    }

    #[test]
    fn what_points_at_itself_is_no_circle() {
        assert!(graph(&[("a", "a"), ("a", "b")]).components().is_empty());
    }

    #[test]
    fn the_shortest_circle_is_found() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("b", "d"), ("a", "a")]);
        assert_eq!(graph.circle("a"), ["a", "b", "d", "a"]);
        assert_eq!(graph.circle("x"), Vec::<&str>::new());
    }

    #[test]
    fn the_first_line_of_an_edge_is_kept() {
        let mut graph = graph(&[("a", "b")]);
        graph.add("b", "a", 7);
        graph.add("b", "a", 3);
        assert_eq!((graph.line("b", "a"), graph.line("a", "c")), (Some(3), None));
        assert_eq!(graph.edges().collect::<Vec<_>>(), [("a", "b", 1), ("b", "a", 3)]);
    }
}
