//! Files that another program has open.

use std::io;
use std::thread;
use std::time::Duration;

/// Retries a rename for about a second while another program has one of the files open. On Windows, a virus scanner
/// or an indexer does so for a moment after a file was written.
pub(super) fn retry_while_in_use(mut rename: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    let mut delay = Duration::from_millis(1);
    loop {
        match rename() {
            Err(error)
                if matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION))
                    && delay < Duration::from_secs(1) =>
            {
                thread::sleep(delay);
                delay *= 2;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rename_is_retried_only_while_a_file_is_in_use() {
        let rename = |errors: &[i32]| {
            let mut errors = errors.iter();
            let mut attempts = 0;
            let result = retry_while_in_use(|| {
                attempts += 1;
                errors.next().map_or(Ok(()), |&code| Err(io::Error::from_raw_os_error(code)))
            });
            (result.map_err(|error| error.raw_os_error().unwrap()), attempts)
        };
        assert_eq!(rename(&[]), (Ok(()), 1));
        assert_eq!(rename(&[32, 5, 32]), (Ok(()), 4));
        assert_eq!(rename(&[32, 2]), (Err(2), 2));
        assert_eq!(rename(&[32; 100]), (Err(32), 11));
    }
}
