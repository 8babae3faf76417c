//! Reads Rust source just well enough to see which paths it uses: comments, texts and tests left out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One file of the source tree.
#[derive(Debug)]
pub struct Source {
    /// Its path below the crate, for example `src/checks/case.rs`.
    pub name: String,
    /// The module that it is, for example `checks::case`; empty for the crate's root.
    pub module: Vec<String>,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
}

/// Every file below `src`, without test code.
pub fn tree(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    let mut sources = Vec::new();
    let mut only_tests = BTreeSet::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let (source, tests) = Source::read(&name, &fs::read_to_string(&file).unwrap());
        only_tests.extend(tests);
        sources.push(source);
    }
    sources.retain(|source| !only_tests.iter().any(|module| source.module.starts_with(module)));
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// A file by its text; and the modules that it declares for tests alone.
    pub fn read(name: &str, text: &str) -> (Self, Vec<Vec<String>>) {
        let module = module_of(name);
        let (tokens, names) = without_tests(&tokens(text));
        let tests = names.into_iter().map(|name| [module.clone(), vec![name]].concat()).collect();
        (Self { name: name.to_owned(), module, tokens }, tests)
    }

    /// The top module, empty for `lib.rs` and `main.rs`.
    pub fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    /// Every path of two or more segments, in `use` and elsewhere, with `self` and `super` resolved to `crate`.
    pub fn paths(&self) -> BTreeSet<Vec<String>> {
        let mut found = BTreeSet::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let after_colons = at >= 2 && self.is_colons(at - 2);
            if matches!(&self.tokens[at], Token::Word(_)) && !after_colons && self.is_colons(at + 1) {
                at = self.path(at, &[], &mut found);
            } else {
                at += 1;
            }
        }
        found.into_iter().map(|path| self.resolved(path)).filter(|path| path.len() > 1).collect()
    }

    /// Whether a word stands there, as a keyword or a name.
    pub fn has_word(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Word(own) if own == word))
    }

    /// Whether an item of that name is defined here.
    pub fn defines(&self, name: &str) -> bool {
        const ITEMS: [&str; 8] = ["struct", "enum", "fn", "trait", "const", "static", "type", "union"];
        self.tokens.windows(3).any(|window| match window {
            [Token::Word(kind), Token::Word(own), _] => own == name && ITEMS.contains(&kind.as_str()),
            [Token::Word(kind), Token::Mark('!'), Token::Word(own)] => own == name && kind == "macro_rules",
            _ => false,
        })
    }

    /// The modules of which everything is handed on (`pub use child::*`), without `crate`.
    pub fn globs(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for (at, window) in self.tokens.windows(4).enumerate() {
            let is_glob = window[1..] == [Token::Mark(':'), Token::Mark(':'), Token::Mark('*')];
            if let (Token::Word(name), true) = (&window[0], is_glob)
                && at >= 1
                && self.tokens[at - 1] == Token::Word("use".to_owned())
            {
                found.push([&self.module[..], std::slice::from_ref(name)].concat());
            }
        }
        found
    }

    /// Every word that stands as a name in code.
    pub fn words(&self) -> BTreeSet<&str> {
        let words = self.tokens.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word.as_str()),
            Token::Mark(_) => None,
        });
        words.collect()
    }

    /// Whether a method of that name is called.
    pub fn calls_method(&self, name: &str) -> bool {
        self.tokens.windows(3).any(|window| match window {
            [Token::Mark('.'), Token::Word(word), Token::Mark('(')] => word == name,
            _ => false,
        })
    }

    fn is_colons(&self, at: usize) -> bool {
        self.tokens.get(at) == Some(&Token::Mark(':')) && self.tokens.get(at + 1) == Some(&Token::Mark(':'))
    }

    /// Reads a path or a tree of paths that begins at `at`; gives the place behind it.
    fn path(&self, mut at: usize, before: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.tokens.get(at) {
                Some(Token::Word(word)) => {
                    path.push(word.clone());
                    at += 1;
                }
                Some(Token::Mark('{')) => {
                    at += 1;
                    while at < self.tokens.len() && self.tokens[at] != Token::Mark('}') {
                        at = if self.tokens[at] == Token::Mark(',') { at + 1 } else { self.path(at, &path, found) };
                    }
                    return at + 1;
                }
                _ => {
                    // A glob, generic arguments (`collect::<..>`), or what this reader does not know.
                    found.insert(path);
                    return at + 1;
                }
            }
            if !self.is_colons(at) {
                // `as name` belongs to the path of a `use`.
                let renamed = !before.is_empty() && self.tokens.get(at) == Some(&Token::Word("as".to_owned()));
                found.insert(path);
                return if renamed { at + 2 } else { at };
            }
            at += 2;
        }
    }

    fn resolved(&self, path: Vec<String>) -> Vec<String> {
        let supers = path.iter().take_while(|segment| *segment == "super").count();
        let base = match path[0].as_str() {
            "self" => &self.module[..],
            "super" => &self.module[..self.module.len().saturating_sub(supers)],
            _ => return path,
        };
        let rest = path.into_iter().skip_while(|segment| segment == "super" || segment == "self");
        ["crate".to_owned()].into_iter().chain(base.iter().cloned()).chain(rest).collect()
    }
}

fn module_of(name: &str) -> Vec<String> {
    let path = name.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The tokens of a text: words and marks; comments, texts, letters and lifetimes left out.
fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied();
        match letters[at] {
            '/' if next == Some('/') => at = end_of(&letters, at, &['\n']),
            '/' if next == Some('*') => at = end_of(&letters, at + 2, &['*', '/']),
            '"' => at = end_of_text(&letters, at + 1),
            '\'' => at = end_of_letter(&letters, at),
            letter if letter.is_alphanumeric() || letter == '_' => {
                let end = (at..letters.len())
                    .find(|index| !(letters[*index].is_alphanumeric() || letters[*index] == '_'))
                    .unwrap_or(letters.len());
                let word: String = letters[at..end].iter().collect();
                at = end;
                let hashes = letters[at..].iter().take_while(|letter| **letter == '#').count();
                if matches!(word.as_str(), "r" | "br") && letters.get(at + hashes) == Some(&'"') {
                    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                    at = end_of(&letters, at + hashes + 1, &close);
                } else {
                    found.push(Token::Word(word));
                }
            }
            letter => {
                if !letter.is_whitespace() {
                    found.push(Token::Mark(letter));
                }
                at += 1;
            }
        }
    }
    found
}

/// The place behind the next `close`.
fn end_of(letters: &[char], from: usize, close: &[char]) -> usize {
    (from..letters.len()).find(|at| letters[*at..].starts_with(close)).map_or(letters.len(), |at| at + close.len())
}

fn end_of_text(letters: &[char], mut at: usize) -> usize {
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Behind a letter such as `'x'` or `'\n'`; behind the quote alone where it begins a lifetime.
fn end_of_letter(letters: &[char], at: usize) -> usize {
    match (letters.get(at + 1), letters.get(at + 2)) {
        (Some('\\'), _) => end_of(letters, at + 3, &['\'']),
        (_, Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// The tokens without items under `#[cfg(test)]`; and the names of modules in files of their own that are so marked.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let marker = self::tokens("#[cfg(test)]");
    let (mut kept, mut names, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].starts_with(&marker) {
            let end = end_of_item(tokens, at + marker.len());
            let item = &tokens[at..end];
            if item.last() == Some(&Token::Mark(';')) {
                let module = item.iter().position(|token| *token == Token::Word("mod".to_owned()));
                if let Some(Token::Word(name)) = module.and_then(|index| item.get(index + 1)) {
                    names.push(name.clone());
                }
            }
            at = end;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    (kept, names)
}

/// Behind the first `;` or the first block outside brackets.
fn end_of_item(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark('}' | ')' | ']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *token == Token::Mark('}') {
                    return at + 1;
                }
            }
            Token::Mark(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn paths_are_seen_wherever_they_stand_and_not_in_comments_texts_or_tests() {
    let text = r##"
        //! crate::comment::a
        use crate::{model::{Report, Stage as S}, clock::Time, oidc::*};
        use std::{fs, net::IpAddr as Ip};
        mod one;
        fn f<'a>(x: &'a super::super::apps::kasm::Start) -> crate::config::Config {
            let text = "crate::text::b \" crate::text::c"; let raw = r#"crate::raw::d " "#; let c = '"'; let d = '\'';
            /* crate::comment::e */ self::one::g(text).collect::<Vec<_>>();
            vec![1].iter().map(crate::web::h)
        }
        #[cfg(test)]
        pub mod testing;
        #[cfg(test)]
        mod tests { use crate::collect::Collector; fn g() { crate::lab::x(); } }
        fn after() { crate::results::i(); }
    "##;
    let (source, tests) = Source::read("src/checks/start/mod.rs", text);
    let paths: Vec<String> = source.paths().iter().map(|path| path.join("::")).collect();
    assert_eq!(
        paths,
        [
            "crate::apps::kasm::Start",
            "crate::checks::start::one::g",
            "crate::clock::Time",
            "crate::config::Config",
            "crate::model::Report",
            "crate::model::Stage",
            "crate::oidc",
            "crate::results::i",
            "crate::web::h",
            "std::fs",
            "std::net::IpAddr"
        ]
    );
    assert_eq!(tests, [["checks", "start", "testing"].map(str::to_owned).to_vec()]);
    assert!(source.calls_method("map") && !source.calls_method("text"));
}
