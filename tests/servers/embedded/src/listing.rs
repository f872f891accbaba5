//! Pages of listings, and their URL encoding.
//!
//! s3s-fs lists files by their paths, and echoes `encoding-type=url` without encoding anything.

use std::borrow::Cow;

use s3s::dto::{CommonPrefix, EncodingType};
use s3s::{S3Error, S3Result, s3_error};

/// The maximum and the default page size of S3.
const MAX_PAGE_SIZE: i32 = 1000;

pub struct Query<'a> {
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    /// The key or common prefix that the page starts after. Common prefixes up to it were on an earlier page.
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
    /// Returns the position after which the next page starts, if there is one.
    pub fn next(&self) -> Option<&str> {
        self.last.as_deref().filter(|_| self.truncated)
    }

    pub fn common_prefixes(&self, encoding: &Encoding) -> Vec<CommonPrefix> {
        let prefix = |p: &String| CommonPrefix { prefix: Some(encoding.apply(p)) };
        self.prefixes.iter().map(prefix).collect()
    }
}

/// Returns a page. `sorted` has the keys in byte order, from the first one that can be on the page.
pub fn page<'a, T>(sorted: impl Iterator<Item = (&'a str, T)>, query: &Query<'_>) -> Page<T> {
    let mut page = Page { items: vec![], prefixes: vec![], truncated: false, last: None };
    if query.max == 0 {
        return page;
    }
    for (key, item) in sorted {
        let Some(rest) = key.strip_prefix(query.prefix) else {
            // Keys before the prefix are skipped. After the keys with the prefix, no more can follow.
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

/// Returns the delimiter of a request. An empty delimiter counts as none.
pub fn delimiter(requested: Option<&String>) -> Option<&str> {
    requested.map(String::as_str).filter(|d| !d.is_empty())
}

/// Returns the page size to use and to report.
pub fn page_size(requested: Option<i32>) -> S3Result<i32> {
    match requested.unwrap_or(MAX_PAGE_SIZE) {
        n if n < 0 => Err(s3_error!(InvalidArgument, "The page size must not be negative")),
        n => Ok(n.min(MAX_PAGE_SIZE)),
    }
}

/// Whether the client requested URL-encoded names.
pub struct Encoding(bool);

impl Encoding {
    pub fn requested(requested: Option<&EncodingType>) -> S3Result<Self> {
        match requested.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some(EncodingType::URL) => Ok(Self(true)),
            Some(_) => Err(s3_error!(InvalidArgument, "The encoding type must be url")),
        }
    }

    pub fn apply(&self, text: &str) -> String {
        if self.0 { url_encode(text).into_owned() } else { text.to_owned() }
    }
}

/// Encodes a name in the way S3 does: `/` and `*` are not encoded, and a space becomes a plus sign.
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

/// Returns an opaque continuation token, so that any key is safe in XML and in a query string.
pub fn encode_token(last: &str) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(last)
}

pub fn decode_token(token: &str) -> S3Result<String> {
    let invalid = || -> S3Error { s3_error!(InvalidArgument, "The continuation token is invalid") };
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| invalid())?;
    String::from_utf8(bytes).ok().filter(|last| !last.is_empty()).ok_or_else(invalid)
}
