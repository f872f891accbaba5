//! Conversions between this crate's error and [`io::Error`]. Neither direction loses anything.

use std::error::Error as StdError;
use std::io;

use super::{Error, ErrorKind};

impl Error {
    /// Converts an error returned by the [`Read`](io::Read) of a body. It may wrap an error of this crate.
    pub(crate) fn from_read(error: io::Error) -> Self {
        unwrap(error).unwrap_or_else(|error| {
            Self::new(ErrorKind::Network, "the connection was lost").with_source(error)
        })
    }

    /// Returns the I/O error that caused this one: that of a file, a reader, a writer or a connection.
    pub(crate) fn io_cause(&self) -> Option<&io::Error> {
        let mut cause: &(dyn StdError + 'static) = self.get_ref()?;
        loop {
            match cause.downcast_ref::<io::Error>() {
                Some(error) => return Some(error),
                None => cause = cause.source()?,
            }
        }
    }
}

/// Returns the error of this crate that an [`io::Error`] contains.
fn unwrap(error: io::Error) -> Result<Error, io::Error> {
    error.downcast::<Error>()
}

/// Returns the error of this crate if a failed read of a body returned one, and otherwise an error of the kind
/// [`LocalIo`](ErrorKind::LocalIo). So `?` works on both in a function that returns
/// [`Result`](crate::Result):
///
/// ```
/// # fn main() -> plain_s3::Result<()> {
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// let mut object = client.get_object("my-new-bucket", "photo.jpg")?;
/// let mut file = std::fs::File::create("photo.jpg")?;
/// std::io::copy(&mut object, &mut file)?;
/// # Ok(())
/// # }
/// ```
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        unwrap(error).unwrap_or_else(|error| Self::local("local I/O failed", error))
    }
}

/// Converts to the nearest [`io::ErrorKind`]; an error of a local file keeps its own. The error itself stays
/// available by [downcasting](io::Error::downcast).
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::LocalIo => error.io_cause().map_or(io::ErrorKind::Other, io::Error::kind),
            ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
            ErrorKind::Timeout => io::ErrorKind::TimedOut,
            ErrorKind::Integrity | ErrorKind::UnexpectedResponse => io::ErrorKind::InvalidData,
            ErrorKind::Server if error.is_not_found() => io::ErrorKind::NotFound,
            ErrorKind::Server if error.is_access_denied() => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_survives_the_round_trip_through_an_io_error() {
        let io = io::Error::from(Error::server(404, "NoSuchKey"));
        assert_eq!(io.kind(), io::ErrorKind::NotFound);
        let back = Error::from(io);
        assert_eq!((back.kind(), back.code()), (ErrorKind::Server, Some("NoSuchKey")));
        assert!(Error::from(io::Error::from(Error::invalid("no"))).kind() == ErrorKind::InvalidInput);
    }

    #[test]
    fn io_error_survives_the_round_trip_through_an_error() {
        let error = Error::from(io::Error::new(io::ErrorKind::BrokenPipe, "pipe closed"));
        assert_eq!(error.kind(), ErrorKind::LocalIo);
        assert_eq!(error.to_string(), "local I/O failed: pipe closed");
        let io = io::Error::from(error);
        assert_eq!(
            (io.kind(), io.to_string().as_str()),
            (io::ErrorKind::BrokenPipe, "local I/O failed: pipe closed")
        );
    }

    #[test]
    fn only_a_lost_connection_is_a_network_error() {
        assert_eq!(Error::from_read(io::ErrorKind::ConnectionReset.into()).kind(), ErrorKind::Network);
        let timeout = io::Error::from(Error::new(ErrorKind::Timeout, ""));
        assert_eq!(Error::from_read(timeout).kind(), ErrorKind::Timeout);
    }
}
