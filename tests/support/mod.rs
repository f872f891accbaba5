//! Shared by the two test programs, `it` and `live`.

mod child;
mod env;
mod random;
mod temp_dir;

pub(crate) use child::{command, task};
pub(crate) use env::{say, skip, variable};
pub(crate) use random::{Random, content};
pub(crate) use temp_dir::TempDir;

use plain_s3::{Error, ErrorKind, Result};

/// Returns the error of a call. Panics unless it is of this kind.
#[track_caller]
pub(crate) fn fails<T>(kind: ErrorKind, result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("the call succeeded instead of failing with {kind:?}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error
        }
    }
}
