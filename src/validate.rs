//! Validates arguments before anything is sent. Each error text states the value and the rule it breaks.

use crate::access_point::AccessPoint;
use crate::error::{Error, Result};
use crate::headers::{Headers, is_sensitive};

/// Headers that the client sets itself, for the address, the signature and the connection.
const RESERVED_HEADERS: [&str; 4] = ["host", "authorization", "transfer-encoding", "connection"];
/// The maximum length of a key in S3, in bytes of UTF-8.
pub(crate) const MAX_KEY: usize = 1024;
/// The maximum length of a bucket name on any server, in bytes. New buckets on AWS have at most 63.
const MAX_BUCKET: usize = 255;
/// The maximum length of a region name in bytes. The names of AWS have at most 20.
const MAX_REGION: usize = 128;
/// The minimum size of a part in bytes, except for the last part.
const MIN_PART_SIZE: u64 = 5 << 20;
pub(crate) const MAX_PART_SIZE: u64 = 5 << 30;
/// The maximum number of parts in an upload.
pub(crate) const MAX_PARTS: u32 = 10_000;

/// Accepts the ARNs of access points, and bucket names that cannot change the path of a request: not empty, and
/// without `/`, `?` and similar.
///
/// The server checks its own rules for new buckets.
pub(crate) fn bucket(name: &str) -> Result<()> {
    if AccessPoint::parse(name)?.is_some() {
        return Ok(());
    }
    if name.is_empty() {
        return Err(Error::invalid(format!(
            "the bucket name is empty; a bucket name has 1 to {MAX_BUCKET} bytes"
        )));
    }
    if name.len() > MAX_BUCKET {
        return Err(Error::invalid(format!(
            "the bucket name {} is {} bytes long; the limit is {MAX_BUCKET} bytes",
            start_of(name),
            name.len()
        )));
    }
    if name == "." || name == ".." {
        return Err(Error::invalid(format!(
            "the bucket name {name:?} is not allowed: in a URL it is a relative path segment"
        )));
    }
    // `:` separates a tenant from its bucket on Ceph
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let Some(invalid) = name.chars().find(|&c| !allowed(c)) else { return Ok(()) };
    let error = Error::invalid(format!(
        "the bucket name {name:?} contains {invalid:?}; allowed characters are A-Z a-z 0-9 . - _ and :"
    ));
    Err(if invalid == '/' { error.with_hint("Pass the object key as a separate argument.") } else { error })
}

/// Accepts keys of 1 to 1024 bytes. All characters are allowed and sent unchanged.
pub(crate) fn key(key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(Error::invalid(format!("the key is empty; an object key has 1 to {MAX_KEY} bytes")));
    }
    if key.len() > MAX_KEY {
        return Err(Error::invalid(format!(
            "the key {} is {} bytes long in UTF-8; the limit is {MAX_KEY} bytes",
            start_of(key),
            key.len()
        )));
    }
    Ok(())
}

/// Returns `true` for the names that a region can have in a signature and in a header, whoever named it: the
/// caller or a server.
pub(crate) fn is_region(name: &str) -> bool {
    (1..=MAX_REGION).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
}

/// Quotes the start of a text that is too long for an error message.
fn start_of(text: &str) -> String {
    format!("{:?}...", text.chars().take(40).collect::<String>())
}

/// Rejects an empty version ID: the server would read or delete the latest version instead.
pub(crate) fn version_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid(
            "the version ID is empty; to address the latest version, do not set a version ID",
        ));
    }
    Ok(())
}

/// Rejects an empty upload ID: the server would apply the request to the object itself.
pub(crate) fn upload_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid(
            "the upload ID is empty; pass the ID that create_multipart_upload returned",
        ));
    }
    Ok(())
}

/// Accepts part numbers from 1 to 10,000.
pub(crate) fn part_number(number: &str) -> Result<()> {
    if !number.parse().is_ok_and(|number| (1..=MAX_PARTS).contains(&number)) {
        return Err(Error::invalid(format!(
            "the part number {number:?} is invalid; part numbers are integers from 1 to {MAX_PARTS}"
        )));
    }
    Ok(())
}

/// Accepts part sizes from 5 MiB to 5 GiB.
pub(crate) fn part_size(bytes: u64) -> Result<()> {
    if !(MIN_PART_SIZE..=MAX_PART_SIZE).contains(&bytes) {
        return Err(Error::invalid(format!(
            "a part size of {bytes} bytes is out of range; a part must have 5 MiB to 5 GiB"
        )));
    }
    Ok(())
}

/// Returns the part size for content of this length: `requested`, or larger if there would be more than `max_parts`.
pub(crate) fn part_size_for(len: u64, requested: u64, max_parts: u32) -> u64 {
    requested.max(len.div_ceil(u64::from(max_parts)).next_multiple_of(1 << 20))
}

/// Accepts headers that HTTP transfers unchanged and that the client does not set itself.
pub(crate) fn headers(headers: &Headers) -> Result<()> {
    headers.iter().try_for_each(|(name, value)| header(name, value))
}

/// Rejects a `Content-Length` header on a request that this client sends. The client knows the length of the
/// body, and with a wrong length both sides would wait for each other. Presigned URLs may sign the header, as
/// a requirement on the client that uses them.
pub(crate) fn sent_headers(headers: &Headers) -> Result<()> {
    match headers.get("content-length") {
        Some(_) => Err(reserved("content-length")),
        None => Ok(()),
    }
}

fn reserved(name: &str) -> Error {
    Error::invalid(format!("the header {name} is set by the client itself and cannot be overridden: omit it"))
}

fn header(name: &str, value: &str) -> Result<()> {
    const SYMBOLS: &str = "!#$%&'*+-.^_`|~";
    if name.is_empty() {
        return Err(Error::invalid("a header name is empty"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || SYMBOLS.contains(c);
    if let Some(invalid) = name.chars().find(|&c| !allowed(c)) {
        return Err(Error::invalid(format!(
            "the header name {name:?} contains {invalid:?}; allowed characters are A-Z a-z 0-9 and {SYMBOLS}"
        )));
    }
    if RESERVED_HEADERS.contains(&name) {
        return Err(reserved(name));
    }
    let redacted = if is_sensitive(name) { "(hidden)" } else { value };
    if let Some(invalid) = value.chars().find(|c| c.is_control()) {
        return Err(Error::invalid(format!(
            "the value {redacted:?} of the header {name} contains the control character {invalid:?}; a header value \
             is one line of text"
        )));
    }
    if value.trim() != value {
        return Err(Error::invalid(format!(
            "the value {redacted:?} of the header {name} starts or ends with white space, which HTTP does not preserve"
        )));
    }
    Ok(())
}

/// Accepts names of form fields that are safe in HTML and in `Content-Disposition: form-data; name="..."`.
pub(crate) fn form_field(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("a form field name is empty"));
    }
    match name.chars().find(|&c| c.is_control() || matches!(c, '"' | '\'' | '\\')) {
        Some(invalid) => Err(Error::invalid(format!(
            "the form field name {name:?} contains {invalid:?}; quotes, backslashes and control characters are not \
             allowed"
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
    fn error_texts_state_the_value_and_the_rule() {
        let long = "x".repeat(256);
        let headers = |name: &str| [(name, "1")].into_iter().collect::<Headers>();
        for (result, expected) in [
            (bucket(""), "the bucket name is empty; a bucket name has 1 to 255 bytes"),
            (
                bucket(&long),
                "the bucket name \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"... is 256 bytes long; the limit is 255 bytes",
            ),
            (bucket(".."), "the bucket name \"..\" is not allowed: in a URL it is a relative path segment"),
            (
                bucket("a b"),
                "the bucket name \"a b\" contains ' '; allowed characters are A-Z a-z 0-9 . - _ and :",
            ),
            (
                bucket("a/b"),
                "the bucket name \"a/b\" contains '/'; allowed characters are A-Z a-z 0-9 . - _ and :. Pass the \
                 object key as a separate argument.",
            ),
            (key(""), "the key is empty; an object key has 1 to 1024 bytes"),
            (
                key(&"é".repeat(513)),
                "the key \"éééééééééééééééééééééééééééééééééééééééé\"... is 1026 bytes long in UTF-8; the limit is \
                 1024 bytes",
            ),
            (
                version_id(""),
                "the version ID is empty; to address the latest version, do not set a version ID",
            ),
            (upload_id(""), "the upload ID is empty; pass the ID that create_multipart_upload returned"),
            (part_number("0"), "the part number \"0\" is invalid; part numbers are integers from 1 to 10000"),
            (part_number(""), "the part number \"\" is invalid; part numbers are integers from 1 to 10000"),
            (part_size(5), "a part size of 5 bytes is out of range; a part must have 5 MiB to 5 GiB"),
            (
                sent_headers(&headers("content-length")),
                "the header content-length is set by the client itself and cannot be overridden: omit it",
            ),
            (header("", "v"), "a header name is empty"),
            (
                header("a b", "v"),
                "the header name \"a b\" contains ' '; allowed characters are A-Z a-z 0-9 and !#$%&'*+-.^_`|~",
            ),
            (
                header("host", "h"),
                "the header host is set by the client itself and cannot be overridden: omit it",
            ),
            (
                header("x-amz-meta-a", "a\nb"),
                "the value \"a\\nb\" of the header x-amz-meta-a contains the control character '\\n'; a header value \
                 is one line of text",
            ),
            (
                header("x-amz-meta-a", " a"),
                "the value \" a\" of the header x-amz-meta-a starts or ends with white space, which HTTP does not \
                 preserve",
            ),
            (form_field(""), "a form field name is empty"),
            (
                form_field("a'b"),
                "the form field name \"a'b\" contains '\\''; quotes, backslashes and control characters are not \
                 allowed",
            ),
        ] {
            assert_eq!(text(result), expected);
        }
    }

    #[test]
    fn part_size_grows_if_there_would_be_too_many_parts() {
        let (mib, requested) = (1 << 20, 16 << 20);
        for (len, size) in [
            (0, requested),
            (10_000 * requested, requested),
            (10_000 * requested + 1, 17 * mib),
            (60_000_000_000, requested),
            (5 << 40, 525 * mib),
        ] {
            assert_eq!(part_size_for(len, requested, MAX_PARTS), size);
            assert!(len.div_ceil(size) <= u64::from(MAX_PARTS));
        }
        assert_eq!(part_size_for(1000 * requested + 1, requested, 1000), 17 * mib);
    }

    #[test]
    fn bucket_names_that_would_change_the_path_are_rejected() {
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
    fn key_has_1_to_1024_bytes() {
        key(&"é".repeat(512)).unwrap();
        key("\u{1}\n../").unwrap();
        assert!(text(key(&"é".repeat(513))).contains("1026 bytes"));
        assert!(text(key("")).contains("empty"));
    }

    #[test]
    fn form_field_name_cannot_close_its_quotes() {
        for good in ["key", "Content-Type", "x-amz-meta-a", "x-ignore-größe 2"] {
            form_field(good).unwrap();
        }
        for bad in ["", "a\"b", "a'b", "a\\", "a\r\nb", "a\nb", "\0", "a\u{85}"] {
            assert!(text(form_field(bad)).contains("field"), "{bad:?}");
        }
        assert!(text(form_field("a\r\nb")).contains("\"a\\r\\nb\" contains '\\r'"));
    }

    #[test]
    fn header_values_are_one_line_without_outer_space() {
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
