//! Which checksum a response promises for the content of a whole object.

use super::algorithm::ChecksumAlgorithm;
use super::digest::Sha256Digest;
use super::value::Checksum;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::metadata::{content_md5, is_encrypted};

/// The most parts that an object can have.
const MAX_PARTS: u32 = 10_000;

/// What the content of an object is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The server's checksum of the whole content.
    Whole(Checksum),
    /// The server's checksum of the checksums of the parts.
    Parts { checksum: Checksum, parts: u32 },
    /// The caller's checksum of the whole content.
    Pinned(Sha256Digest),
}

impl Expected {
    /// Returns the cheapest checksum among the headers of a response, if there is one.
    ///
    /// A checksum of the whole content is preferred, because that of the parts requires their sizes.
    pub(crate) fn of(headers: &Headers) -> Option<Self> {
        if is_transcoded(headers) {
            return None;
        }
        let amz = amz_checksums(headers);
        let whole = amz.iter().find(|expected| matches!(expected, Self::Whole(_))).copied();
        let google = |name, algorithm| google_checksum(headers, name, algorithm).map(Self::Whole);
        whole
            .or_else(|| google("crc32c", ChecksumAlgorithm::Crc32c))
            .or_else(|| content_md5(headers).map(|md5| Self::Whole(md5.into())))
            .or_else(|| google("md5", ChecksumAlgorithm::Md5))
            .or_else(|| amz.first().copied())
            .or_else(|| multipart_e_tag(headers))
    }
}

/// Returns the checksums in `x-amz-checksum-*` headers, the cheapest first.
fn amz_checksums(headers: &Headers) -> Vec<Expected> {
    // most servers return none, and a search for each of them would take longer
    if !headers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-")) {
        return Vec::new();
    }
    let composite = headers.get("x-amz-checksum-type").map(|kind| kind.eq_ignore_ascii_case("COMPOSITE"));
    let parts_of_e_tag = headers.get("etag").and_then(|e_tag| Some(ETag::new(e_tag).multipart_md5()?.1));
    let algorithms = ChecksumAlgorithm::ALL.into_iter().filter(|&name| name != ChecksumAlgorithm::Md5);
    let of = |algorithm: ChecksumAlgorithm| {
        let value = headers.get(algorithm.header())?.trim();
        if let Some((value, parts)) = value.rsplit_once('-') {
            return of_parts(Checksum::from_base64(algorithm, value)?, parts.parse().ok()?);
        }
        let checksum = Checksum::from_base64(algorithm, value)?;
        match (composite, parts_of_e_tag) {
            (Some(true), Some(parts)) => of_parts(checksum, parts),
            (Some(true), None) => None,
            // servers that do not return the type may mean either, unless the algorithm permits only one
            (None, Some(_)) if algorithm != ChecksumAlgorithm::Crc64Nvme => None,
            _ => Some(Expected::Whole(checksum)),
        }
    };
    algorithms.filter_map(of).collect()
}

fn of_parts(checksum: Checksum, parts: u32) -> Option<Expected> {
    (1..=MAX_PARTS).contains(&parts).then_some(Expected::Parts { checksum, parts })
}

/// Returns the MD5 of the MD5s of the parts, if the ETag is one.
fn multipart_e_tag(headers: &Headers) -> Option<Expected> {
    let (md5, parts) = ETag::new(headers.get("etag")?).multipart_md5().filter(|_| !is_encrypted(headers))?;
    of_parts(md5.into(), parts)
}

/// Returns a checksum from `x-goog-hash: crc32c=…,md5=…`, which may be repeated.
fn google_checksum(headers: &Headers, name: &str, algorithm: ChecksumAlgorithm) -> Option<Checksum> {
    let values = headers.iter().filter(|(header, _)| *header == "x-goog-hash");
    let mut pairs =
        values.flat_map(|(_, value)| value.split(',')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Checksum::from_base64(algorithm, value)
}

/// Returns `true` if Google Cloud Storage has decompressed the content, so that it is not what was stored.
fn is_transcoded(headers: &Headers) -> bool {
    let stored = headers.get("x-goog-stored-content-encoding").unwrap_or("identity");
    !stored.eq_ignore_ascii_case("identity") && headers.get("content-encoding") != Some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::{Hasher, Md5Digest};

    const MD5: &str = "ed076287532e86365e841e92bfc50d8c";

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Option<Expected>) {
        assert_eq!(Expected::of(&headers.iter().copied().collect()), expected, "{headers:?}");
    }

    fn crc(algorithm: ChecksumAlgorithm) -> Checksum {
        Hasher::of(algorithm, b"123456789")
    }

    fn md5() -> Checksum {
        Md5Digest::from_hex(MD5).unwrap().into()
    }

    #[test]
    fn cheapest_checksum_of_the_whole_content_is_chosen() {
        let e_tag = ("etag", MD5);
        let crc64 = ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
        let sha1 = ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=");
        let kind = ("x-amz-checksum-type", "FULL_OBJECT");
        check(&[], None);
        check(&[e_tag], Some(Expected::Whole(md5())));
        check(&[sha1, crc64, e_tag, kind], Some(Expected::Whole(crc(ChecksumAlgorithm::Crc64Nvme))));
        check(&[e_tag, sha1], Some(Expected::Whole(crc(ChecksumAlgorithm::Sha1))));
        // a value that cannot be a checksum is ignored
        check(&[e_tag, ("x-amz-checksum-sha256", "rosUhgp5mIg=")], Some(Expected::Whole(md5())));
        // objects in parts have a checksum of the whole content if the server says so
        let multipart = ("etag", "ed076287532e86365e841e92bfc50d8c-2");
        check(&[multipart, crc64], Some(Expected::Whole(crc(ChecksumAlgorithm::Crc64Nvme))));
        let crc32 = ("x-amz-checksum-crc32", "y/Q5Jg==");
        check(&[multipart, crc32, kind], Some(Expected::Whole(crc(ChecksumAlgorithm::Crc32))));
        check(&[multipart, crc32], Some(Expected::Parts { checksum: md5(), parts: 2 }));
    }

    #[test]
    fn checksum_of_parts_is_recognised() {
        let composite = ("x-amz-checksum-type", "COMPOSITE");
        let expected = Some(Expected::Parts { checksum: crc(ChecksumAlgorithm::Crc32c), parts: 3 });
        check(&[("x-amz-checksum-crc32c", "4waSgw==-3")], expected);
        check(&[("x-amz-checksum-crc32c", "4waSgw==-3"), composite], expected);
        let e_tag = ("etag", "ed076287532e86365e841e92bfc50d8c-3");
        check(&[("x-amz-checksum-crc32c", "4waSgw=="), composite, e_tag], expected);
        check(&[("x-amz-checksum-crc32c", "4waSgw=="), composite], None);
        for parts in ["0", "10001", "", "x"] {
            check(&[("etag", &format!("{MD5}-{parts}"))], None);
        }
        check(&[e_tag, ("x-amz-server-side-encryption", "aws:kms")], None);
    }

    #[test]
    fn hashes_of_google_are_read_unless_the_content_was_decompressed() {
        let hash = ("x-goog-hash", "md5=7Qdih1MuhjZehB6Sv8UNjA==, crc32c=4waSgw==");
        check(&[hash], Some(Expected::Whole(crc(ChecksumAlgorithm::Crc32c))));
        check(&[("x-goog-hash", "md5=7Qdih1MuhjZehB6Sv8UNjA==")], Some(Expected::Whole(md5())));
        let gzip = ("x-goog-stored-content-encoding", "gzip");
        check(&[hash, gzip], None);
        check(
            &[hash, gzip, ("content-encoding", "gzip")],
            Some(Expected::Whole(crc(ChecksumAlgorithm::Crc32c))),
        );
    }
}
