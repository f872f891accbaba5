//! Patterns that select files by their path below a folder.

use crate::error::{Error, Result};

/// A pattern, matched in time proportional to the product of its length and that of the name.
///
/// [`FolderOptions`](super::FolderOptions) documents the syntax.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `?`: any character except `/`.
    One,
    /// `*`: any characters except `/`.
    Star,
    /// `**`: any characters.
    DoubleStar,
    /// The start of `**/`, at which no character has been matched yet.
    Folders,
    /// The rest of `**/`, within the folders that it matches.
    InFolders,
}

impl Pattern {
    /// Parses a pattern. Fails if it is empty.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let anchored = text.trim_end_matches('/').contains('/');
        let path = text.strip_prefix('/').unwrap_or(text);
        if path.is_empty() {
            return Err(Error::invalid(format!(
                "the pattern {text:?} matches no file; use ** for all files"
            )));
        }
        let mut tokens = Vec::new();
        if !anchored {
            tokens.extend([Token::Folders, Token::InFolders]);
        }
        let mut rest = path;
        while let Some(c) = rest.chars().next() {
            let starts_segment = rest.len() == path.len() || path[..path.len() - rest.len()].ends_with('/');
            let len = match c {
                '*' if starts_segment && rest.starts_with("**/") => {
                    tokens.extend([Token::Folders, Token::InFolders]);
                    3
                }
                '*' if rest.starts_with("**") => {
                    tokens.push(Token::DoubleStar);
                    2
                }
                '*' => {
                    tokens.push(Token::Star);
                    1
                }
                '?' => {
                    tokens.push(Token::One);
                    1
                }
                c => {
                    tokens.push(Token::Char(c));
                    c.len_utf8()
                }
            };
            rest = &rest[len..];
        }
        if path.ends_with('/') {
            tokens.push(Token::DoubleStar);
        }
        Ok(Self(tokens))
    }

    /// Returns `true` if the pattern matches the whole name.
    pub(super) fn matches(&self, name: &str) -> bool {
        let tokens = &self.0;
        // the positions in the pattern that the characters so far can lead to
        let mut current = vec![false; tokens.len() + 1];
        self.enter(&mut current, 0);
        for c in name.chars() {
            let mut next = vec![false; tokens.len() + 1];
            for at in (0..tokens.len()).filter(|&at| current[at]) {
                match tokens[at] {
                    Token::Char(expected) if c == expected => self.enter(&mut next, at + 1),
                    Token::One if c != '/' => self.enter(&mut next, at + 1),
                    Token::Star if c != '/' => self.enter(&mut next, at),
                    Token::DoubleStar => self.enter(&mut next, at),
                    Token::Folders => next[at + 1] = true,
                    Token::InFolders => {
                        next[at] = true;
                        if c == '/' {
                            self.enter(&mut next, at + 1);
                        }
                    }
                    Token::Char(_) | Token::One | Token::Star => {}
                }
            }
            current = next;
        }
        current[tokens.len()]
    }

    /// Returns `true` if the pattern matches everything in this folder.
    pub(super) fn matches_folder(&self, name: &str) -> bool {
        self.0.last() == Some(&Token::DoubleStar) && self.matches(&format!("{name}/"))
    }

    /// Marks a position, and those behind tokens that match nothing.
    fn enter(&self, positions: &mut [bool], mut at: usize) {
        loop {
            positions[at] = true;
            at += match self.0.get(at) {
                Some(Token::Star | Token::DoubleStar) => 1,
                Some(Token::Folders) => 2,
                _ => return,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        #[rustfmt::skip]
        let cases: &[(&str, &[&str], &[&str])] = &[
            // without a slash: the name of the file, in any folder
            ("*.tmp", &["a.tmp", "x/y/.tmp"], &["a.tmpx", "a.tmp/b"]),
            ("a", &["a", "x/a"], &["ab", "a/b", "xa"]),
            ("?", &["a", "x/é", "🦀"], &["", "ab"]),
            ("[x]", &["[x]"], &["x"]),
            // with a slash: the whole path
            ("/a", &["a"], &["x/a"]),
            ("x/*.html", &["x/a.html", "x/.html"], &["x/y/a.html", "y/x/a.html"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]),
            ("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a/bz", "az", "a/z/b"]),
            ("**/z", &["z", "a/z", "a/b/z"], &["az", "a/bz"]),
            ("x**/z", &["x/z", "xa/b/z"], &["z", "xz"]),
            ("**", &["a", "a/b"], &[]),
            // with a slash at the end: everything in the folder
            ("node_modules/", &["node_modules/a", "x/node_modules/a/b"], &["node_modules", "my_node_modules/a"]),
            ("/build/", &["build/a"], &["x/build/a"]),
            ("x/y/", &["x/y/z"], &["x/y", "a/x/y/z"]),
        ];
        for (pattern, matching, others) in cases {
            let parsed = Pattern::parse(pattern).unwrap();
            for name in *matching {
                assert!(parsed.matches(name), "{pattern} does not match {name}");
            }
            for name in *others {
                assert!(!parsed.matches(name), "{pattern} matches {name}");
            }
        }
    }

    #[test]
    fn pattern_without_a_name_is_rejected() {
        for empty in ["", "/"] {
            assert!(Pattern::parse(empty).unwrap_err().to_string().contains("matches no file"), "{empty}");
        }
    }

    #[test]
    fn folder_is_matched_only_if_everything_in_it_is() {
        for (pattern, folder, expected) in [
            ("target/", "x/target", true),
            ("a/**", "a", true),
            ("a/**", "b", false),
            ("a/*", "a", false),
            ("*.tmp", "x.tmp", false),
            ("**", "a", true),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches_folder(folder),
                expected,
                "{pattern} {folder}"
            );
        }
    }

    /// A matcher that backtracks would need 2^40 steps.
    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = Pattern::parse(&"*a".repeat(40)).unwrap();
        assert!(!pattern.matches(&format!("{}b", "a".repeat(1000))));
        assert!(pattern.matches(&"a".repeat(1000)));
    }
}
