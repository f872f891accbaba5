//! The comparison of a file with an object, without transferring either.

use std::path::Path;

use crate::checksum::{Comparison, ContentCheck, Expected, PartSizes};
use crate::error::Result;
use crate::etag::ETag;
use crate::file_system;
use crate::provider_host::FEWEST_PARTS;
use crate::validate::{self, MAX_PARTS};

const MIB: u64 = 1 << 20;

/// The default part sizes of this crate, aws-cli and boto3, rclone, s3cmd, minio-go and older tools.
const USUAL_PART_SIZES: [u64; 8] =
    [16 * MIB, 8 * MIB, 5 * MIB, 15 * MIB, 64 * MIB, 10 * MIB, 32 * MIB, 100 * MIB];

/// Returns `true` if the ETag proves that a file of this length has the same content as the object.
///
/// An ETag is the MD5 of the content, or for an object in `N` parts the MD5 of their MD5s and `-N`. The part
/// size is not stored, so the usual ones that result in `N` parts are tried. Other ETags prove nothing.
pub(super) fn is_proven_equal(path: &Path, len: u64, e_tag: &ETag, part_size: Option<u64>) -> Result<bool> {
    let whole = e_tag.md5_digest().and_then(|md5| ContentCheck::whole(Expected::Whole(md5.into())));
    if let Some(check) = whole {
        return is_equal(path, check);
    }
    let Some((md5, parts)) = e_tag.multipart_md5() else { return Ok(false) };
    // one reading for each size: usually the first is right, and hashing costs more than reading
    for size in part_sizes(len, parts, part_size) {
        if is_equal(path, ContentCheck::of_parts(md5.into(), parts, vec![PartSizes::Uniform(size)]))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_equal(path: &Path, mut check: ContentCheck) -> Result<bool> {
    file_system::read(path, |bytes| check.update(bytes))?;
    Ok(matches!(check.compare(), Comparison::Equal(_)))
}

/// Returns the part sizes to try: those that divide this length into this number of parts.
fn part_sizes(len: u64, parts: u32, first: Option<u64>) -> Vec<u64> {
    let mut sizes: Vec<u64> = Vec::new();
    for size in first.into_iter().chain(USUAL_PART_SIZES) {
        for max_parts in [MAX_PARTS, FEWEST_PARTS] {
            // a larger file gets larger parts, and the last part ends with the file
            let size = validate::part_size_for(len, size, max_parts).min(len.max(1));
            if len.div_ceil(size) == u64::from(parts) && !sizes.contains(&size) {
                sizes.push(size);
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;
    use crate::checksum::Md5Digest;

    #[test]
    fn part_sizes_result_in_the_number_of_parts() {
        assert_eq!(part_sizes(20 * MIB, 2, None), [16 * MIB, 15 * MIB, 10 * MIB]);
        assert_eq!(part_sizes(20 * MIB, 2, Some(12 * MIB)), [12 * MIB, 16 * MIB, 15 * MIB, 10 * MIB]);
        assert_eq!(part_sizes(20 * MIB, 4, None), [5 * MIB]);
        assert_eq!(part_sizes(20 * MIB, 7, None), [0; 0]);
        assert_eq!(part_sizes(5 << 40, 9987, None), [525 * MIB]);
        assert_eq!(part_sizes(20 << 30, 976, None), [21 * MIB]);
        assert_eq!(part_sizes(3 * MIB, 1, None), [3 * MIB]);
    }

    #[test]
    fn only_the_right_checksum_proves_that_content_is_equal() {
        let path = env::temp_dir().join(format!("plain-s3-compare-{}", process::id()));
        let content: Vec<u8> = (0..12 * MIB).map(|i| (i % 251) as u8).collect();
        fs::write(&path, &content).unwrap();
        let equal = |e_tag: &str, part_size| {
            is_proven_equal(&path, content.len() as u64, &ETag::new(e_tag), part_size).unwrap()
        };
        let in_parts = |size: usize| {
            let md5s = content.chunks(size).flat_map(|part| *Md5Digest::of(part).as_bytes());
            format!("{}-{}", Md5Digest::of(md5s.collect::<Vec<_>>()).to_hex(), content.len().div_ceil(size))
        };
        assert!(equal(&Md5Digest::of(&content).to_hex(), None));
        assert!(!equal(&Md5Digest::of("other").to_hex(), None));
        assert!(equal(&in_parts(8 << 20), None) && equal(&in_parts(5 << 20), None));
        assert!(!equal(&in_parts(6 << 20), None) && equal(&in_parts(6 << 20), Some(6 << 20)));
        assert!(!equal(&in_parts(8 << 20).replace("-2", "-3"), None));
        for other in ["", "abc", "-", "x-2"] {
            assert!(!equal(other, None), "{other}");
        }
        fs::remove_file(path).unwrap();
    }
}
