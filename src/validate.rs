//! What is refused before anything is sent: each rule once, with the value and the rule in its text.

use crate::error::{Error, Result};
use crate::headers::{Headers, is_sensitive};

/// Headers that are made here: of the address, the signature and the connection.
const OWN_HEADERS: [&str; 4] = ["host", "authorization", "transfer-encoding", "connection"];
/// The longest key S3 stores, in bytes of UTF-8.
const MAX_KEY: usize = 1024;
/// The longest bucket name any server takes, in bytes; new buckets on AWS end at 63.
const MAX_BUCKET: usize = 255;
/// What S3 takes as a part in bytes, unless it is the last.
const SMALLEST_PART: u64 = 5 << 20;
pub(crate) const LARGEST_PART: u64 = 5 << 30;
/// The most parts of one upload.
pub(crate) const MAX_PARTS: u32 = 10_000;

/// A name that cannot change the path: without `/`, `?` and the like, and not empty.
///
/// Which of these names a new bucket may have is left to the server; the rules differ.
pub(crate) fn bucket(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("the bucket name is empty"));
    }
    if name.len() > MAX_BUCKET {
        return Err(Error::invalid(format!(
            "the bucket name {name:?} has {} bytes, more than {MAX_BUCKET}",
            name.len()
        )));
    }
    if name == "." || name == ".." {
        return Err(Error::invalid(format!("the bucket name {name:?} is a path segment, not a name")));
    }
    // `:` parts a tenant from its bucket on Ceph
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    match name.chars().find(|&c| !allowed(c)) {
        Some(bad) => Err(Error::invalid(format!(
            "the bucket name {name:?} has the character {bad:?}; allowed are A-Z a-z 0-9 . - _ and : (a key \
             goes into an argument of its own)"
        ))),
        None => Ok(()),
    }
}

/// A key of 1 to 1024 bytes; every character is allowed and sent exactly.
pub(crate) fn key(key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(Error::invalid("the key is empty; an object's key has 1 to 1024 bytes"));
    }
    if key.len() > MAX_KEY {
        let start: String = key.chars().take(40).collect();
        return Err(Error::invalid(format!(
            "the key {start:?}… has {} bytes of UTF-8; an object's key has 1 to {MAX_KEY}",
            key.len()
        )));
    }
    Ok(())
}

/// A version id that is one: without it a request is for the newest version, or deletes that.
pub(crate) fn version_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("the version id is empty; leave it out to mean the newest version"));
    }
    Ok(())
}

/// An upload id that is one: a request without it would mean the object itself.
pub(crate) fn upload_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("the upload id is empty"));
    }
    Ok(())
}

/// A part number, from 1 to 10,000.
pub(crate) fn part_number(number: &str) -> Result<()> {
    if !number.parse().is_ok_and(|number| (1..=MAX_PARTS).contains(&number)) {
        return Err(Error::invalid(format!(
            "the part number {number}; parts are numbered from 1 to {MAX_PARTS}"
        )));
    }
    Ok(())
}

/// A length of parts, from 5 MiB to 5 GiB.
pub(crate) fn part_size(bytes: u64) -> Result<()> {
    if !(SMALLEST_PART..=LARGEST_PART).contains(&bytes) {
        return Err(Error::invalid(format!("a part size of {bytes} bytes; a part has 5 MiB to 5 GiB")));
    }
    Ok(())
}

/// The part size for content of this length: as asked for, or larger where there would be too many parts.
pub(crate) fn part_size_for(len: u64, asked: u64) -> u64 {
    asked.max(len.div_ceil(u64::from(MAX_PARTS)).next_multiple_of(1 << 20))
}

/// Header names and values that reach the server as they are, or not at all.
pub(crate) fn headers(headers: &Headers) -> Result<()> {
    headers.iter().try_for_each(|(name, value)| header(name, value))
}

/// Headers of a request that this client sends itself: it knows the length of the body, and one that lies
/// leaves both sides waiting. In a signed URL it is a promise of whoever uses that.
pub(crate) fn sent_headers(headers: &Headers) -> Result<()> {
    match headers.get("content-length") {
        Some(_) => Err(Error::invalid("the header content-length is set by the client itself")),
        None => Ok(()),
    }
}

fn header(name: &str, value: &str) -> Result<()> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Error::invalid(format!(
            "the header name {name:?} is not made of letters, digits and !#$%&'*+-.^_`|~"
        )));
    }
    if OWN_HEADERS.contains(&name) {
        return Err(Error::invalid(format!("the header {name} is set by the client itself")));
    }
    let shown = if is_sensitive(name) { "(hidden)" } else { value };
    if let Some(bad) = value.chars().find(|c| c.is_control()) {
        return Err(Error::invalid(format!(
            "the value {shown:?} of header {name} has the control character {bad:?}; a header is one line of text"
        )));
    }
    if value.trim() != value {
        return Err(Error::invalid(format!(
            "the value {shown:?} of header {name} begins or ends with a space, which HTTP does not keep"
        )));
    }
    Ok(())
}

/// A name of a form's field that stays one in a page and in `Content-Disposition: form-data; name="…"`.
pub(crate) fn form_field(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("a field of the form has no name"));
    }
    match name.chars().find(|&c| c.is_control() || matches!(c, '"' | '\'' | '\\')) {
        Some(bad) => Err(Error::invalid(format!(
            "the field name {name:?} has the character {bad:?}; a name has no quotes, backslashes and control characters"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<()>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
        error.to_string()
    }

    #[test]
    fn parts_grow_where_there_would_be_too_many() {
        let (mib, asked) = (1 << 20, 16 << 20);
        for (len, size) in [
            (0, asked),
            (10_000 * asked, asked),
            (10_000 * asked + 1, 17 * mib),
            (60_000_000_000, asked),
            (5 << 40, 525 * mib),
        ] {
            assert_eq!(part_size_for(len, asked), size);
            assert!(len.div_ceil(size) <= u64::from(MAX_PARTS));
        }
    }

    #[test]
    fn bucket_names_that_would_change_the_path_are_refused_with_the_name() {
        for bad in ["", "a/b", "a?acl", "a#b", "a b", "a%2Fb", ".", "..", "a\nb", "a\\b", "bücket", "a@b"] {
            assert!(text(bucket(bad)).contains("bucket name"), "{bad}");
        }
        assert!(text(bucket("a/b")).contains("\"a/b\"") && text(bucket("a/b")).contains("'/'"));
        assert!(text(bucket(&"x".repeat(256))).contains("256 bytes"));
        for good in ["b", "my-new-bucket", "My_Bucket.v2", "tenant:bucket", &"x".repeat(255)] {
            bucket(good).unwrap();
        }
    }

    #[test]
    fn keys_have_1_to_1024_bytes() {
        key(&"é".repeat(512)).unwrap();
        key("\u{1}\n../").unwrap();
        assert!(text(key(&"é".repeat(513))).contains("1026 bytes"));
        assert!(text(key("")).contains("empty"));
    }

    #[test]
    fn names_of_form_fields_cannot_end_their_quotes() {
        for good in ["key", "Content-Type", "x-amz-meta-a", "x-ignore-größe 2"] {
            form_field(good).unwrap();
        }
        for bad in ["", "a\"b", "a'b", "a\\", "a\r\nb", "a\nb", "\0", "a\u{85}"] {
            assert!(text(form_field(bad)).contains("field"), "{bad:?}");
        }
        assert!(text(form_field("a\r\nb")).contains("\"a\\r\\nb\" has the character '\\r'"));
    }

    #[test]
    fn header_values_are_one_line_and_keep_their_ends() {
        header("x-amz-meta-a", "two  inner spaces, é").unwrap();
        header("x-amz-meta-a", "").unwrap();
        for bad in ["a\r\nx-amz-acl: public-read", "a\nb", "\0", " a", "a\t"] {
            assert!(text(header("x-amz-meta-a", bad)).contains("x-amz-meta-a"), "{bad:?}");
        }
        assert!(text(header("host", "elsewhere")).contains("by the client itself"));
        let key = text(header("x-amz-server-side-encryption-customer-key", "s3cr3t\n"));
        assert!(!key.contains("s3cr3t"), "{key}");
        for bad in ["", "a b", "a:", "naïve", "a\r\n"] {
            assert!(text(header(bad, "v")).contains("header name"), "{bad:?}");
        }
    }
}
