//! Splits text into words as Python's `shlex.split` does, which aws-cli uses for section names and for
//! `credential_process`. No shell is involved: there are no variables, wildcards or redirections.

/// Splits text at white space. Quotes and backslashes keep white space in a word, as in a POSIX shell.
///
/// Returns `None` if a quote is not closed or if the text ends in a backslash.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            // in double quotes, a backslash before any other character is literal
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Splits a command line as the C runtime of Windows does. Only double quotes quote, and a backslash is literal
/// unless it belongs to a run of backslashes in front of a double quote.
#[cfg(all(feature = "credentials-chain", any(windows, test)))]
pub(crate) fn split_windows(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let mut backslashes = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let word = word.get_or_insert_default();
                if chars.peek() != Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', backslashes));
                    continue;
                }
                word.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 1 {
                    word.extend(chars.next());
                }
            }
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quoted { None } else { Some(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected words are the output of Python's `shlex.split`.
    #[test]
    fn words_are_split_as_by_shlex() {
        for (text, expected) in [
            ("", &[][..]),
            ("  a\t b\n", &["a", "b"]),
            ("profile 'my own'", &["profile", "my own"]),
            ("profile \"Someone's Laptop\"", &["profile", "Someone's Laptop"]),
            ("a\\ b c\\\\d \\'", &["a b", "c\\d", "'"]),
            ("\"a\\\"b\\\\c\\d\" 'a\\b'", &["a\"b\\c\\d", "a\\b"]),
            ("'' a\"\"b \"\"", &["", "ab", ""]),
            ("x#y # z $HOME *", &["x#y", "#", "z", "$HOME", "*"]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text:?}");
        }
        for text in ["profile Someone's", "\"a", "a\\", "\"a\\"] {
            assert_eq!(split(text), None, "{text:?}");
        }
    }

    /// The expected words are the output of botocore's `_windows_shell_split`.
    #[test]
    #[cfg(feature = "credentials-chain")]
    fn windows_words_are_split_as_by_botocore() {
        for (text, expected) in [
            ("", &[][..]),
            (r"C:\x\y.exe  -a", &[r"C:\x\y.exe", "-a"]),
            (r#""C:\Program Files\x.exe" """#, &[r"C:\Program Files\x.exe", ""]),
            (r#"a\"b c\\"d e" f\\\"g"#, &[r#"a"b"#, r"c\d e", r#"f\"g"#]),
            ("'a b'", &["'a", "b'"]),
        ] {
            assert_eq!(split_windows(text).unwrap(), expected, "{text:?}");
        }
        assert_eq!(split_windows("\"a b"), None);
    }
}
