//! Text from a server or a key as it is shown to people: on one line, escaped, and of limited length.

use std::fmt::{self, Write};

/// Returns `true` for the characters that could forge or hide text in a log or on a terminal: control
/// characters, line separators, invisible characters and those that change the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Collects text on one line of at most `limit` bytes. What does not fit is replaced by `…`.
pub(crate) struct Line {
    text: String,
    limit: usize,
    is_full: bool,
}

const ELLIPSIS: char = '…';

impl Line {
    /// Creates an empty line. The limit includes the ellipsis.
    pub(crate) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, is_full: false }
    }

    /// Returns the line.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn push(&mut self, piece: &str) {
        if self.is_full {
            return;
        }
        if self.text.len() + piece.len() <= self.limit {
            return self.text.push_str(piece);
        }
        self.is_full = true;
        let mut end = self.limit.saturating_sub(ELLIPSIS.len_utf8()).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.truncate(end);
        self.text.push(ELLIPSIS);
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.is_full {
                break; // the rest may be megabytes
            }
            if is_unprintable(c) {
                // `\n` and `\u{1b}`, as in `{:?}`
                c.escape_default().for_each(|c| self.push(c.encode_utf8(&mut [0; 4])));
            } else {
                self.push(c.encode_utf8(&mut [0; 4]));
            }
        }
        Ok(())
    }
}

/// Returns the text on one line of at most `limit` bytes: unprintable characters are escaped, and what does
/// not fit is replaced by `…`.
pub(crate) fn line(text: impl fmt::Display, limit: usize) -> String {
    let mut line = Line::new(limit);
    let _ = write!(line, "{text}"); // writing to a `Line` cannot fail
    line.finish()
}

/// Returns at most the first `limit` bytes of a text, unchanged otherwise. For values that programs compare.
pub(crate) fn truncate(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(start_of(&text, limit).len());
        text.shrink_to_fit();
    }
    text
}

/// Returns at most the first `limit` bytes of a text, up to the end of a character.
pub(crate) fn start_of(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unprintable_characters_are_escaped() {
        for (text, shown) in [
            ("plain é \"quoted\" back\\slash", "plain é \"quoted\" back\\slash"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("\u{85}\u{2028}\u{202e}", "\\u{85}\\u{2028}\\u{202e}"),
            ("e\u{301} 日本", "e\u{301} 日本"),
        ] {
            assert_eq!(line(text, 100), shown);
        }
    }

    #[test]
    fn long_text_ends_with_an_ellipsis_within_the_limit() {
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abc…");
        for (text, limit) in [("é".repeat(10_000), 100), ("\u{1}".repeat(10_000), 99), ("日".repeat(50), 7)]
        {
            let shown = line(&text, limit);
            assert!(shown.len() <= limit && shown.ends_with('…'), "{shown}");
        }
        assert_eq!(truncate("日本".to_owned(), 4), "日");
        assert_eq!(truncate("日本".to_owned(), 6), "日本");
    }
}
