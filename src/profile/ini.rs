//! A parser for the syntax of AWS's profile files.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

/// A section: the text in its brackets, and its properties in order.
///
/// Property names are in lower case. The name of a nested property includes the name of the property above
/// it, as in `s3.endpoint_url`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) properties: Vec<(String, String)>,
}

/// Parses a file. The error is the number of the first line with a syntax error, not its text: it may contain
/// a secret.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, usize> {
    let mut sections: Vec<Section> = Vec::new();
    // The indentation of the last property. Lines that are indented further belong to it.
    let mut property_indent = None;
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            sections.push(Section { name: header(content).ok_or(i + 1)?, properties: Vec::new() });
            property_indent = None;
            continue;
        }
        let section = sections.last_mut().ok_or(i + 1)?;
        let indent = line.len() - line.trim_start().len();
        match (section.properties.last(), property_indent) {
            (Some((parent, value)), Some(outer)) if indent > outer => {
                // Below an empty value there are nested properties. Below any other value there is its
                // continuation, which no property that this crate reads can have.
                let outer_name = parent.split('.').next().unwrap_or_default().to_owned();
                if value.is_empty() || parent.contains('.') {
                    let (name, value) = property(content).ok_or(i + 1)?;
                    section.properties.push((format!("{outer_name}.{name}"), value));
                }
            }
            _ => {
                section.properties.push(property(content).ok_or(i + 1)?);
                property_indent = Some(indent);
            }
        }
    }
    Ok(sections)
}

/// Parses a section header: `[profile "a b"] # comment` is `profile a b`.
fn header(line: &str) -> Option<String> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    if !rest.trim().is_empty() && !rest.trim().starts_with(['#', ';']) {
        return None;
    }
    let words: Vec<&str> = inside.split_whitespace().collect();
    let name = words.join(" ").replace(['"', '\''], "");
    if name.is_empty() { None } else { Some(name) }
}

/// Parses `name = value`. A comment after the value begins with white space.
fn property(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let comment = value
        .char_indices()
        .zip(value.chars().skip(1))
        .find(|((_, before), c)| before.is_whitespace() && matches!(c, '#' | ';'))
        .map(|((at, _), _)| at);
    let value = &value[..comment.unwrap_or(value.len())];
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() { None } else { Some((name, value.trim().to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().flat_map(|section| section.properties).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn sections_properties_and_comments_are_parsed() {
        let text = "\u{feff}# first\r\n[default] ; here\r\nAWS_Access_Key_Id = a#b \r\n\r\n[ profile  'my own' ]#\n\
                    region=eu ; not this\n;no = 1\nempty = # nothing\nsecret = x=y==\n";
        let sections = parse(text).unwrap();
        assert_eq!(sections[0].name, "default");
        assert_eq!(sections[0].properties, [pair("aws_access_key_id", "a#b")]);
        assert_eq!(sections[1].name, "profile my own");
        let expected = [pair("region", "eu"), pair("empty", ""), pair("secret", "x=y==")];
        assert_eq!(sections[1].properties, expected);
    }

    #[test]
    fn nested_properties_have_qualified_names_and_continuations_are_ignored() {
        let text =
            "[services a]\ns3 =\n  endpoint_url = http://h\n  addressing_style = path\nec2 =\n  x = 1\n";
        let expected = [
            pair("s3", ""),
            pair("s3.endpoint_url", "http://h"),
            pair("s3.addressing_style", "path"),
            pair("ec2", ""),
            pair("ec2.x", "1"),
        ];
        assert_eq!(properties(text), expected);
        assert_eq!(properties("[a]\nx = 1\n   more of it\ny = 2"), [pair("x", "1"), pair("y", "2")]);
    }

    #[test]
    fn whole_section_may_be_indented() {
        assert_eq!(properties("[a]\n  x = 1\n  y = 2\n"), [pair("x", "1"), pair("y", "2")]);
    }

    #[test]
    fn syntax_error_is_reported_by_line_number() {
        for (text, line) in
            [("x = 1", 1), ("[a]\nno sign", 2), ("\n\n[a", 3), ("[a] b", 1), ("[]", 1), ("[a]\n= 1", 2)]
        {
            assert_eq!(parse(text).unwrap_err(), line, "{text:?}");
        }
        assert_eq!(parse(""), Ok(Vec::new()));
    }
}
