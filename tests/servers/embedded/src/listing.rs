//! Pages of a listing, and its URL encoding.
//!
//! s3s-fs lists files by their paths, and echoes `encoding-type=url` without encoding anything.

use std::borrow::Cow;

use s3s::dto::{CommonPrefix, EncodingType};
use s3s::{S3Error, S3Result, s3_error};

/// The most a page of S3 holds, and what it holds when the client does not say.
const MAX: i32 = 1000;

pub struct Query<'a> {
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    /// Common prefixes up to here were on an earlier page.
    pub after: &'a str,
    pub max: usize,
}

pub struct Page<T> {
    pub items: Vec<T>,
    pub prefixes: Vec<String>,
    pub truncated: bool,
    /// The last key or common prefix of the page.
    pub last: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page goes on, if there is one.
    pub fn next(&self) -> Option<&str> {
        self.last.as_deref().filter(|_| self.truncated)
    }

    pub fn common_prefixes(&self, encoding: &Encoding) -> Vec<CommonPrefix> {
        let prefix = |p: &String| CommonPrefix { prefix: Some(encoding.apply(p)) };
        self.prefixes.iter().map(prefix).collect()
    }
}

/// `sorted` holds keys in byte order, from the first one that may be on the page.
pub fn page<'a, T>(sorted: impl Iterator<Item = (&'a str, T)>, query: &Query<'_>) -> Page<T> {
    let mut page = Page { items: vec![], prefixes: vec![], truncated: false, last: None };
    if query.max == 0 {
        return page;
    }
    for (key, item) in sorted {
        let Some(rest) = key.strip_prefix(query.prefix) else {
            if key > query.prefix {
                break;
            }
            continue;
        };
        let common = query.delimiter.and_then(|d| rest.find(d).map(|at| at + d.len()));
        let common = common.map(|end| &key[..query.prefix.len() + end]);
        if common.is_some_and(|c| c <= query.after || page.last.as_deref() == Some(c)) {
            continue;
        }
        if page.items.len() + page.prefixes.len() == query.max {
            page.truncated = true;
            break;
        }
        page.last = Some(common.unwrap_or(key).to_owned());
        match common {
            Some(common) => page.prefixes.push(common.to_owned()),
            None => page.items.push(item),
        }
    }
    page
}

/// An empty delimiter is none.
pub fn delimiter(asked: Option<&String>) -> Option<&str> {
    asked.map(String::as_str).filter(|d| !d.is_empty())
}

/// The page size to use and to report.
pub fn limit(asked: Option<i32>) -> S3Result<i32> {
    match asked.unwrap_or(MAX) {
        n if n < 0 => Err(s3_error!(InvalidArgument, "The page size must not be negative")),
        n => Ok(n.min(MAX)),
    }
}

/// Whether the client asked for URL-encoded names.
pub struct Encoding(bool);

impl Encoding {
    pub fn asked(asked: Option<&EncodingType>) -> S3Result<Self> {
        match asked.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some(EncodingType::URL) => Ok(Self(true)),
            Some(_) => Err(s3_error!(InvalidArgument, "The encoding type must be url")),
        }
    }

    pub fn apply(&self, text: &str) -> String {
        if self.0 { url_encode(text).into_owned() } else { text.to_owned() }
    }
}

/// As S3 does it: `/` and `*` stay, and a space is a plus sign.
fn url_encode(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/*".contains(&b);
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if plain(byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(encoded)
}

/// Opaque to the client, so that any key survives the XML and the query string.
pub fn to_token(last: &str) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(last)
}

pub fn from_token(token: &str) -> S3Result<String> {
    let wrong = || -> S3Error { s3_error!(InvalidArgument, "The continuation token is incorrect") };
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| wrong())?;
    String::from_utf8(bytes).ok().filter(|last| !last.is_empty()).ok_or_else(wrong)
}
