//! The comparison of a file that exists with the object that would replace it.

use std::path::Path;

use crate::checksum::{
    Checksum, ChecksumAlgorithm, Comparison, Hasher, Md5Digest, Md5Hasher, PartSizes, Verification,
};
use crate::error::{Error, Result};
use crate::file_system;
use crate::ops::ObjectReader;

/// Returns the SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> Result<Checksum> {
    let mut sha256 = Hasher::new(ChecksumAlgorithm::Sha256);
    file_system::read(path, |bytes| sha256.update(bytes))?;
    Ok(sha256.checksum())
}

/// Returns the MD5 of a file.
pub(super) fn md5(path: &Path) -> Result<Md5Digest> {
    let mut md5 = Md5Hasher::new();
    file_system::read(path, |bytes| md5.update(bytes))?;
    Ok(md5.digest())
}

/// Compares a file, whose MD5 is `existing`, with an object whose response has arrived, but not its content. Returns
/// what was compared if they are equal.
pub(super) fn compare(
    existing: Option<&Md5Digest>,
    path: &Path,
    object: &ObjectReader,
) -> Result<Option<Verification>> {
    let Some((md5, mut check)) = existing.zip(object.unread_check()) else { return Ok(None) };
    if let Some(expected) = object.metadata.md5() {
        // the server has compared it, unless it ignores conditions
        return Ok((*md5 == expected).then_some(Verification::Md5));
    }
    let read = |error| Error::local(format!("cannot read {}", path.display()), error);
    let length = object.metadata.content_length;
    if path.metadata().map_err(read)?.len() != length {
        return Ok(None);
    }
    file_system::read(path, |bytes| check.update(bytes))?;
    let compared = match (check.compare(), check.parts()) {
        // reading the file again costs less than downloading the object
        (Comparison::Unclear, Some(parts)) => match check.restarted(PartSizes::whole_mib(length, parts)) {
            Some(mut second) => {
                file_system::read(path, |bytes| second.update(bytes))?;
                second.compare()
            }
            None => Comparison::Unclear,
        },
        (compared, _) => compared,
    };
    Ok(match compared {
        Comparison::Equal(verification) => Some(verification),
        Comparison::Different(_) | Comparison::Unclear => None,
    })
}
