//! A parser for profile files that reads them as aws-cli does, which uses Python's `configparser`.
//!
//! There is one difference: a line that cannot be parsed is a problem of its section, not of the whole file, so
//! that it only matters to those who use that section.

use crate::shell_words;

/// A profile file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    pub(super) sections: Vec<Section>,
    /// The number of the first line before any section header, if there is one.
    pub(super) stray_line: Option<usize>,
}

/// A section, with the text in its brackets as the name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
    /// The number of the first line that is wrong, and what is wrong with it.
    pub(super) problem: Option<(usize, Problem)>,
}

/// A property. Its name is in lower case. The name of a nested property includes the name of the property above
/// it, as in `s3.endpoint_url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// What is wrong with a line. The text of the line is not kept: it may contain a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The line is no header, property or comment.
    Syntax,
    /// The section has the property twice.
    Duplicate,
    /// The line is not UTF-8.
    Encoding,
}

/// The kinds of sections in the config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Profile,
    SsoSession,
    Services,
}

impl Section {
    /// Returns the kind and the name of a section of the config file: `profile "a b"` is the profile `a b`.
    ///
    /// Returns `None` for any other section, and for a name with spaces or an apostrophe but without quotes:
    /// aws-cli ignores these.
    pub(super) fn kind(&self) -> Option<(Kind, String)> {
        let kind = match self.name.as_str() {
            "default" => return Some((Kind::Profile, "default".to_owned())),
            name if name.starts_with("profile") => Kind::Profile,
            name if name.starts_with("sso-session") => Kind::SsoSession,
            name if name.starts_with("services") => Kind::Services,
            _ => return None,
        };
        let mut words = shell_words::split(&self.name)?;
        (words.len() == 2).then(|| (kind, words.swap_remove(1)))
    }

    fn report(&mut self, line: usize, problem: Problem) {
        self.problem.get_or_insert((line, problem));
    }

    /// Adds a property once all lines of its value are known.
    fn add(&mut self, option: RawOption) {
        let RawOption { name, line, mut lines } = option;
        while lines.last().is_some_and(|(_, text)| text.is_empty()) {
            lines.pop();
        }
        let is_nested = lines.len() > 1 && lines[0].1.is_empty();
        if !is_nested {
            let texts: Vec<String> = lines.into_iter().map(|(_, text)| text).collect();
            self.push(name, texts.join("\n"), line);
            return;
        }
        for (line, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            match text.split_once('=') {
                Some((key, value)) => {
                    // a nested property may be repeated: the last one counts
                    let entry = Entry {
                        name: format!("{name}.{}", key.trim()),
                        value: value.trim().to_owned(),
                        line,
                    };
                    self.entries.retain(|other| other.name != entry.name);
                    self.entries.push(entry);
                }
                None => self.report(line, Problem::Syntax),
            }
        }
    }

    fn push(&mut self, name: String, value: String, line: usize) {
        if self.entries.iter().any(|entry| entry.name == name) {
            self.report(line, Problem::Duplicate);
        }
        self.entries.push(Entry { name, value, line });
    }
}

/// A property whose value may continue on the next line.
struct RawOption {
    name: String,
    line: usize,
    lines: Vec<(usize, String)>,
}

/// Parses a file.
pub(super) fn parse(bytes: &[u8]) -> File {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut file = File::default();
    let mut option: Option<RawOption> = None;
    // the indentation of the last header or property; lines that are indented further continue its value
    let mut outer = 0;
    for (i, line) in text.lines().enumerate() {
        let (number, content) = (i + 1, line.trim());
        if content.starts_with(['#', ';']) {
            continue;
        }
        if content.is_empty() {
            // an empty line inside a value belongs to it
            if let Some(option) = &mut option {
                option.lines.push((number, String::new()));
            }
            continue;
        }
        if content.contains('\u{fffd}')
            && let Some(section) = file.sections.last_mut()
        {
            section.report(number, Problem::Encoding);
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if let Some(option) = option.as_mut().filter(|_| indent > outer) {
            option.lines.push((number, content.to_owned()));
            continue;
        }
        outer = indent;
        if let Some(name) = header(content) {
            file.finish(option.take());
            file.sections.push(Section { name, line: number, entries: Vec::new(), problem: None });
            continue;
        }
        let Some(section) = file.sections.last_mut() else {
            file.stray_line.get_or_insert(number);
            continue;
        };
        match property(content) {
            Some((name, value)) => {
                let next = RawOption { name, line: number, lines: vec![(number, value)] };
                let last = option.replace(next);
                file.finish(last);
            }
            None => section.report(number, Problem::Syntax),
        }
    }
    file.finish(option);
    file
}

impl File {
    fn finish(&mut self, option: Option<RawOption>) {
        if let (Some(section), Some(option)) = (self.sections.last_mut(), option) {
            section.add(option);
        }
    }
}

/// Parses a section header: everything up to the last bracket is the name, and text after it is ignored.
fn header(content: &str) -> Option<String> {
    let (name, _) = content.strip_prefix('[')?.rsplit_once(']')?;
    if name.is_empty() { None } else { Some(name.to_owned()) }
}

/// Parses `name = value` or `name: value`. A comment on the same line is part of the value, as in aws-cli.
fn property(content: &str) -> Option<(String, String)> {
    let (name, value) = content.split_once(['=', ':'])?;
    let name = name.trim().to_lowercase();
    if name.is_empty() { None } else { Some((name, value.trim().to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(String, String)> {
        let file = parse(text.as_bytes());
        assert!(file.sections.iter().all(|section| section.problem.is_none()), "{file:?}");
        file.sections
            .into_iter()
            .flat_map(|section| section.entries)
            .map(|Entry { name, value, .. }| (name, value))
            .collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn sections_properties_and_comments_are_parsed() {
        let text = "\u{feff}# first\r\n[default] ; here\r\nAWS_Access_Key_Id = a#b \r\n\r\n[ profile  'my own' ]#\n\
                    region:eu ; this too\n;no = 1\nempty =\nsecret = x=y==\nurl: http://h:80/\n";
        let file = parse(text.as_bytes());
        assert_eq!((file.sections[0].name.as_str(), file.sections[0].line), ("default", 2));
        let expected = [Entry { name: "aws_access_key_id".to_owned(), value: "a#b".to_owned(), line: 3 }];
        assert_eq!(file.sections[0].entries, expected);
        assert_eq!(file.sections[1].name, " profile  'my own' ");
        let expected = [
            pair("aws_access_key_id", "a#b"),
            pair("region", "eu ; this too"),
            pair("empty", ""),
            pair("secret", "x=y=="),
            pair("url", "http://h:80/"),
        ];
        assert_eq!(entries(text), expected);
    }

    #[test]
    fn nested_properties_have_qualified_names_and_continuations_are_joined() {
        let text = "[services a]\ns3 =\n  endpoint_url = http://h\n\n  # comment\n  addressing_style = path\nec2 =\n  \
                    x = 1\n  x = 2\n";
        let expected =
            [pair("s3.endpoint_url", "http://h"), pair("s3.addressing_style", "path"), pair("ec2.x", "2")];
        assert_eq!(entries(text), expected);
        assert_eq!(
            entries("[a]\nx = 1\n   more of it\n\ny = 2\n"),
            [pair("x", "1\nmore of it"), pair("y", "2")]
        );
    }

    #[test]
    fn headers_and_sections_may_be_indented() {
        let text = "  [a]\n  x = 1\n  y = 2\n [b]\n x = 3\n";
        assert_eq!(entries(text), [pair("x", "1"), pair("y", "2"), pair("x", "3")]);
        // as in aws-cli, a header that is indented further than the property above continues its value
        assert_eq!(entries("[a]\nx = 1\n [b]\ny = 2\n"), [pair("x", "1\n[b]"), pair("y", "2")]);
    }

    #[test]
    fn names_of_sections_are_split_as_by_aws_cli() {
        let kind = |name: &str| {
            let mut file = parse(format!("[{name}]").as_bytes());
            file.sections.remove(0).kind()
        };
        let profile = |name: &str| Some((Kind::Profile, name.to_owned()));
        assert_eq!(kind("default"), profile("default"));
        assert_eq!(kind("profile default"), profile("default"));
        assert_eq!(kind("profile  'my own'"), profile("my own"));
        assert_eq!(kind("profile \"Someone's Laptop\""), profile("Someone's Laptop"));
        assert_eq!(kind("profile a\\ b"), profile("a b"));
        assert_eq!(kind("sso-session s"), Some((Kind::SsoSession, "s".to_owned())));
        assert_eq!(kind("services s"), Some((Kind::Services, "s".to_owned())));
        for ignored in ["profile my own", "profile Someone's", "profile", "other", "plugins"] {
            assert_eq!(kind(ignored), None, "{ignored}");
        }
    }

    #[test]
    fn problems_belong_to_their_section() {
        for (text, section, line, problem) in [
            ("[a]\nno sign\n[b]\nx = 1", 0, 2, Problem::Syntax),
            ("[a]\n[b]\n= 1", 1, 3, Problem::Syntax),
            ("[a]\n\n[b", 0, 3, Problem::Syntax),
            ("[a]\n[]", 0, 2, Problem::Syntax),
            ("[a]\ns3 =\n  x = 1\n  no sign", 0, 4, Problem::Syntax),
            ("[a]\nx = 1\nX: 2", 0, 3, Problem::Duplicate),
        ] {
            let file = parse(text.as_bytes());
            for (i, found) in file.sections.iter().enumerate() {
                assert_eq!(found.problem, (i == section).then_some((line, problem)), "{text:?}");
            }
            assert_eq!(file.stray_line, None);
        }
        assert_eq!(parse(b"[a]\nx = \xff").sections[0].problem, Some((2, Problem::Encoding)));
        assert_eq!(parse(b"\n# c\nx = 1\ny\n[a]").stray_line, Some(3));
        assert_eq!(parse(b""), File::default());
    }
}
