//! The syntax of AWS's profile files.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

/// A section: what stands in its brackets, and its properties in their order.
///
/// Names of properties are in lower case. One that is nested below another has both names, as in
/// `s3.endpoint_url`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) properties: Vec<(String, String)>,
}

/// Reads a file; the error is the number of the line that cannot be read, which may hold a secret.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, usize> {
    let mut sections: Vec<Section> = Vec::new();
    // how far the property that later lines may belong to is indented
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
                // below an empty value stand nested properties, below any other the rest of it
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

/// `[profile "a b"] # comment` is `profile a b`.
fn header(line: &str) -> Option<String> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    if !rest.trim().is_empty() && !rest.trim().starts_with(['#', ';']) {
        return None;
    }
    let words: Vec<&str> = inside.split_whitespace().collect();
    let name = words.join(" ").replace(['"', '\''], "");
    if name.is_empty() { None } else { Some(name) }
}

/// A comment within a line begins after white space.
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
    fn sections_properties_and_comments() {
        let text = "\u{feff}# first\r\n[default] ; here\r\nAWS_Access_Key_Id = a#b \r\n\r\n[ profile  'my own' ]#\n\
                    region=eu ; not this\n;no = 1\nempty = # nothing\nsecret = x=y==\n";
        let sections = parse(text).unwrap();
        assert_eq!(sections[0].name, "default");
        assert_eq!(sections[0].properties, [pair("aws_access_key_id", "a#b")]);
        assert_eq!(sections[1].name, "profile my own");
        let wanted = [pair("region", "eu"), pair("empty", ""), pair("secret", "x=y==")];
        assert_eq!(sections[1].properties, wanted);
    }

    #[test]
    fn nested_properties_have_both_names_and_a_continued_value_is_left_out() {
        let text =
            "[services a]\ns3 =\n  endpoint_url = http://h\n  addressing_style = path\nec2 =\n  x = 1\n";
        let wanted = [
            pair("s3", ""),
            pair("s3.endpoint_url", "http://h"),
            pair("s3.addressing_style", "path"),
            pair("ec2", ""),
            pair("ec2.x", "1"),
        ];
        assert_eq!(properties(text), wanted);
        assert_eq!(properties("[a]\nx = 1\n   more of it\ny = 2"), [pair("x", "1"), pair("y", "2")]);
    }

    #[test]
    fn a_section_may_be_indented_as_a_whole() {
        assert_eq!(properties("[a]\n  x = 1\n  y = 2\n"), [pair("x", "1"), pair("y", "2")]);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line() {
        for (text, line) in
            [("x = 1", 1), ("[a]\nno sign", 2), ("\n\n[a", 3), ("[a] b", 1), ("[]", 1), ("[a]\n= 1", 2)]
        {
            assert_eq!(parse(text).unwrap_err(), line, "{text:?}");
        }
        assert_eq!(parse(""), Ok(Vec::new()));
    }
}
