//! Which file uses which, by what each path leads to in the end: a name that a `mod.rs` hands on belongs to the file that
//! defines it. A module and the modules below it are one thing: what a child uses of its parent does not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::source::Source;

/// The files of the crate and what each uses of the others.
pub struct Files<'a> {
    sources: &'a [Source],
    modules: BTreeMap<&'a [String], usize>,
    /// The paths of each file into the crate, without `crate`.
    paths: Vec<Vec<Vec<String>>>,
}

impl<'a> Files<'a> {
    pub fn of(sources: &'a [Source]) -> Self {
        let modules: BTreeMap<&[String], usize> =
            sources.iter().enumerate().map(|(index, source)| (&source.module[..], index)).collect();
        let paths = sources.iter().map(|source| paths(source, &modules)).collect();
        Self { sources, modules, paths }
    }

    /// Circles of files that do not all stand in one folder, by their names, each as `a -> b: name, name`.
    pub fn circles_across_folders(&self) -> Vec<Vec<String>> {
        let uses: Vec<BTreeMap<usize, BTreeSet<String>>> =
            (0..self.sources.len()).map(|index| self.uses(index)).collect();
        let circles = circles(&uses.iter().map(|used| used.keys().copied().collect()).collect::<Vec<_>>());
        let folder = |index: usize| Path::new(&self.sources[index].name).parent().map(Path::to_owned);
        let is_across = |circle: &Vec<usize>| circle.iter().any(|index| folder(*index) != folder(circle[0]));
        let line = |from: usize, to: usize, names: &BTreeSet<String>| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} -> {}: {}", self.sources[from].name, self.sources[to].name, names.join(", "))
        };
        let lines = |circle: Vec<usize>| {
            let inner = circle.iter().flat_map(|from| uses[*from].iter().map(move |(to, names)| (*from, *to, names)));
            let inner = inner.filter(|(_, to, _)| circle.contains(to));
            inner.map(|(from, to, names)| line(from, to, names)).collect()
        };
        circles.into_iter().filter(is_across).map(lines).collect()
    }

    /// The other files that a file uses, each with the names.
    fn uses(&self, index: usize) -> BTreeMap<usize, BTreeSet<String>> {
        let source = &self.sources[index];
        let mut used: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for path in &self.paths[index] {
            if let Some((file, name)) = self.leads_to(path, &mut BTreeSet::new())
                && !source.module.starts_with(&self.sources[file].module)
            {
                used.entry(file).or_default().insert(name);
            }
        }
        used
    }

    /// The file that defines what a path names, and the name.
    fn leads_to(&self, path: &[String], seen: &mut BTreeSet<Vec<String>>) -> Option<(usize, String)> {
        if !seen.insert(path.to_vec()) {
            return None;
        }
        let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let index = self.modules[&path[..length]];
        let source = &self.sources[index];
        let Some(name) = path.get(length) else { return Some((index, "the module".to_owned())) };
        if source.defines(name) {
            return Some((index, name.clone()));
        }
        let handed_on = self.paths[index].iter().filter(|path| path.last() == Some(name)).cloned();
        let globs = source.globs().into_iter().map(|glob| [glob, vec![name.clone()]].concat());
        let found = handed_on.chain(globs).find_map(|path| self.leads_to(&path, seen));
        found.or_else(|| Some((index, name.clone())).filter(|_| seen.len() == 1))
    }
}

/// The paths of a file into the crate, those too that begin at a child module.
fn paths(source: &Source, modules: &BTreeMap<&[String], usize>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for path in source.paths() {
        let below = [&source.module[..], &path].concat();
        if path[0] == "crate" {
            found.push(path[1..].to_vec());
        } else if modules.contains_key(&below[..=source.module.len()]) {
            found.push(below);
        }
    }
    found
}

/// The strongly connected parts of more than one node (Tarjan).
fn circles(edges: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    struct Walk<'a> {
        edges: &'a [BTreeSet<usize>],
        order: Vec<Option<usize>>,
        low: Vec<usize>,
        on_stack: Vec<bool>,
        stack: Vec<usize>,
        count: usize,
        found: Vec<Vec<usize>>,
    }
    impl Walk<'_> {
        fn visit(&mut self, node: usize) {
            self.order[node] = Some(self.count);
            self.low[node] = self.count;
            self.count += 1;
            self.stack.push(node);
            self.on_stack[node] = true;
            for next in &self.edges[node] {
                match self.order[*next] {
                    None => {
                        self.visit(*next);
                        self.low[node] = self.low[node].min(self.low[*next]);
                    }
                    Some(order) if self.on_stack[*next] => self.low[node] = self.low[node].min(order),
                    Some(_) => {}
                }
            }
            if self.order[node] == Some(self.low[node]) {
                let mut part = Vec::new();
                while let Some(last) = self.stack.pop() {
                    self.on_stack[last] = false;
                    part.push(last);
                    if last == node {
                        break;
                    }
                }
                part.sort_unstable();
                self.found.push(part);
            }
        }
    }
    let count = edges.len();
    let mut walk = Walk {
        edges,
        order: vec![None; count],
        low: vec![0; count],
        on_stack: vec![false; count],
        stack: Vec::new(),
        count: 0,
        found: Vec::new(),
    };
    for node in 0..count {
        if walk.order[node].is_none() {
            walk.visit(node);
        }
    }
    walk.found.retain(|part| part.len() > 1);
    walk.found
}

#[test]
fn a_circle_is_seen_through_what_a_module_hands_on_and_only_across_folders() {
    let read = |texts: &[(&str, &str)]| -> Vec<Source> {
        texts.iter().map(|(name, text)| Source::read(name, text).0).collect()
    };
    let across = |texts: &[(&str, &str)]| {
        let sources = read(texts);
        Files::of(&sources).circles_across_folders()
    };
    let one = ("src/one/mod.rs", "mod a; pub use a::A;");
    let two = ("src/two/mod.rs", "mod b; mod c; pub use b::*; pub struct C;");
    let uses_b = ("src/one/a.rs", "use crate::two::B; pub struct A;");
    let uses_a = ("src/two/b.rs", "pub struct B(crate::one::A);");
    assert_eq!(
        across(&[one, two, uses_b, uses_a]),
        [["src/one/a.rs -> src/two/b.rs: B", "src/two/b.rs -> src/one/a.rs: A"]]
    );
    let uses_c = ("src/one/a.rs", "use crate::two::C; pub struct A;");
    assert_eq!(across(&[one, two, uses_c, uses_a]), Vec::<Vec<String>>::new(), "no file is in both directions");
    let beside = [
        ("src/two/mod.rs", "mod b; mod c; pub use b::B; pub use c::C;"),
        ("src/two/b.rs", "use super::C; pub struct B;"),
        ("src/two/c.rs", "use super::b::B; pub struct C;"),
    ];
    assert_eq!(across(&beside), Vec::<Vec<String>>::new(), "in one folder");
}
