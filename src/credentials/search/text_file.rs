//! Reading the small files that other programs maintain: tokens and cached logins.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest file that is read.
const MAX_LENGTH: u64 = 256 << 10;

/// Reads a file. The length is checked while reading, because a device has none.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_LENGTH + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_LENGTH {
        let problem = format!("it is longer than {} KiB", MAX_LENGTH >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn endless_file_is_rejected() {
        let error = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.to_string(), "it is longer than 256 KiB");
    }
}
