//! A small JSON reader for the documents of credential services. It is bounded: the caller limits the length, and
//! the nesting has a limit of its own.

/// How deeply arrays and objects may be nested. The documents of credential services use two levels.
const MAX_DEPTH: usize = 16;

/// A JSON value. Numbers are kept as text, because callers need integers, exactly.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))] // values are secrets, so they are only shown in tests
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Parses a whole document. The error is the offset of the first byte that is wrong, not the text there: it
    /// may be part of a secret.
    pub(crate) fn parse(text: &str) -> Result<Self, usize> {
        let mut parser = Parser { text, at: 0 };
        parser.skip_space();
        let value = parser.value(0)?;
        parser.skip_space();
        if parser.at < text.len() { Err(parser.at) } else { Ok(value) }
    }

    /// Returns a member of an object. If its name occurs more than once, the last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rfind(|(n, _)| n == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the text of a member that is a non-empty string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns a member that is an integer.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), usize> {
        if self.peek() != Some(byte) {
            return Err(self.at);
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json, usize> {
        match self.peek() {
            Some(b'{' | b'[') if depth == MAX_DEPTH => Err(self.at),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Json, usize> {
        let rest = &self.text[self.at..];
        for (name, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if rest.starts_with(name) {
                self.at += name.len();
                return Ok(value);
            }
        }
        Err(self.at)
    }

    fn object(&mut self, depth: usize) -> Result<Json, usize> {
        let mut members = Vec::new();
        self.items(b'{', b'}', |parser| {
            let name = parser.string()?;
            parser.skip_space();
            parser.expect(b':')?;
            parser.skip_space();
            members.push((name, parser.value(depth)?));
            Ok(())
        })?;
        Ok(Json::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Json, usize> {
        let mut values = Vec::new();
        self.items(b'[', b']', |parser| {
            values.push(parser.value(depth)?);
            Ok(())
        })?;
        Ok(Json::Array(values))
    }

    /// Parses the items between two brackets, which are separated by commas.
    fn items(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), usize>,
    ) -> Result<(), usize> {
        self.expect(open)?;
        self.skip_space();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if self.peek() == Some(close) {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
            self.skip_space();
        }
    }

    fn string(&mut self) -> Result<String, usize> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            // a quote, a backslash, a control character or the end: all of them are char boundaries
            out.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.at),
            }
        }
    }

    fn escape(&mut self) -> Result<char, usize> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex4()?;
                let code = match first {
                    0xd800..=0xdbff => {
                        // a character above U+FFFF is written as a pair of surrogates
                        self.expect(b'\\')?;
                        self.expect(b'u')?;
                        let second = self.hex4()?;
                        if !(0xdc00..=0xdfff).contains(&second) {
                            return Err(start);
                        }
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    code => code,
                };
                return char::from_u32(code).ok_or(start);
            }
            _ => return Err(start),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex4(&mut self) -> Result<u32, usize> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = u32::from_str_radix(digits.ok_or(self.at)?, 16).map_err(|_| self.at)?;
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Json, usize> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let first = parser.at;
            while matches!(parser.peek(), Some(b'0'..=b'9')) {
                parser.at += 1;
            }
            if parser.at == first { Err(first) } else { Ok(parser.at - first) }
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        if digits(self)? > 1 && leading_zero {
            return Err(start);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            digits(self)?;
        }
        Ok(Json::Number(self.text[start..self.at].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_values_are_parsed() {
        let text =
            " {\"a\": [1, -2.5e+3, true, false, null, \"\"], \"b\": {\"c\": \"d\"}, \"b\": {}, \"n\": 7}\n";
        let json = Json::parse(text).unwrap();
        let expected = [
            Json::Number("1".to_owned()),
            Json::Number("-2.5e+3".to_owned()),
            Json::Bool(true),
            Json::Bool(false),
            Json::Null,
            Json::String(String::new()),
        ];
        assert_eq!(json.get("a"), Some(&Json::Array(expected.to_vec())));
        assert_eq!(json.get("b"), Some(&Json::Object(Vec::new())), "the last member counts");
        assert_eq!((json.integer("n"), json.integer("a"), json.text("n")), (Some(7), None, None));
        assert_eq!(Json::Null.get("a"), None);
    }

    #[test]
    fn escapes_are_decoded() {
        let json = Json::parse(r#"{"a": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"}"#).unwrap();
        assert_eq!(json.text("a"), Some("\"\\/\u{8}\u{c}\n\r\té😀é"));
    }

    #[test]
    fn malformed_documents_are_rejected_with_their_offset() {
        for (text, offset) in [
            ("", 0),
            ("  ", 2),
            ("{\"a\" 1}", 5),
            ("{\"a\": 1,}", 8),
            ("{a: 1}", 1),
            ("[1 2]", 3),
            ("[1", 2),
            ("01", 0),
            ("-", 1),
            ("1.", 2),
            ("1e", 2),
            ("nul", 0),
            ("\"a\nb\"", 2),
            ("\"a", 2),
            ("\"\\x\"", 1),
            ("\"\\u12\"", 3),
            ("\"\\u+123\"", 3),
            ("\"\\ud800\"", 7),
            ("\"\\ud800\\u0041\"", 1),
            ("\"\\udc00\"", 1),
            ("{} {}", 3),
            ("\u{feff}{}", 0),
        ] {
            assert_eq!(Json::parse(text), Err(offset), "{text:?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        Json::parse(&nested(MAX_DEPTH)).unwrap();
        assert_eq!(Json::parse(&nested(MAX_DEPTH + 1)), Err(MAX_DEPTH));
        assert_eq!(Json::parse(&nested(1_000_000)), Err(MAX_DEPTH));
    }

    /// Changes, drops and repeats bytes of a document. The reader must return, without a panic.
    #[test]
    fn mutated_documents_never_panic() {
        let seed = "{\"a\":[1,-2.5e3,true,null,\"\\u00e9\\ud83d\\ude00\\n é\"],\"b\":{\"c\":\"d\"}}";
        let bytes = ['"', '\\', '{', '[', ']', '}', ',', ':', 'u', 'é', '0', '-', 'e', '.', '\n', 't'];
        let mut state = 1_u64;
        let mut next = |below: usize| {
            // an xorshift generator: the same documents in every run
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let mut accepted = 0;
        for _ in 0..20_000 {
            let mut chars: Vec<char> = seed.chars().collect();
            for _ in 0..=next(3) {
                let at = next(chars.len());
                match next(3) {
                    0 => chars[at] = bytes[next(bytes.len())],
                    1 => drop(chars.remove(at)),
                    _ => chars.insert(at, bytes[next(bytes.len())]),
                }
            }
            accepted += usize::from(Json::parse(&chars.into_iter().collect::<String>()).is_ok());
        }
        assert!((500..19_500).contains(&accepted), "{accepted}");
    }
}
