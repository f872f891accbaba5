//! Progress callbacks, which can cancel the call that they belong to.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// What a progress callback may return: `()`, or a [`ControlFlow`] whose `Break` cancels the call.
///
/// A cancelled call fails with [`ErrorKind::Cancelled`] and cleans up as after any other error.
pub trait ProgressResult: sealed::Sealed {
    #[doc(hidden)]
    fn into_control_flow(self) -> ControlFlow<()>;
}

/// Keeps other crates from implementing [`ProgressResult`].
#[expect(unnameable_types, reason = "other crates must not be able to name it")]
mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for std::ops::ControlFlow<()> {}
}

impl ProgressResult for () {
    fn into_control_flow(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl ProgressResult for ControlFlow<()> {
    fn into_control_flow(self) -> ControlFlow<()> {
        self
    }
}

/// An optional callback that takes a `T`.
pub(crate) struct Progress<'a, T>(Option<Arc<dyn Fn(T) -> ControlFlow<()> + Send + Sync + 'a>>);

impl<'a, T> Progress<'a, T> {
    pub(crate) fn new<R: ProgressResult>(callback: impl Fn(T) -> R + Send + Sync + 'a) -> Self {
        Self(Some(Arc::new(move |state| callback(state).into_control_flow())))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Calls the callback, if there is one. Fails if it cancels the call.
    pub(crate) fn report(&self, state: T) -> Result<()> {
        match self.0.as_ref().map(|callback| callback(state)) {
            Some(ControlFlow::Break(())) => {
                Err(Error::new(ErrorKind::Cancelled, "the progress callback cancelled the call"))
            }
            _ => Ok(()),
        }
    }
}

impl<T> Default for Progress<'_, T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Clone for Progress<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Progress<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(callback)" } else { "None" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeleteAllOptions, DownloadOptions, UploadOptions};

    #[test]
    fn options_with_callbacks_are_send_sync_and_clone() {
        fn check<T: Send + Sync + Clone>(_: &T) {}
        check(&DownloadOptions::new().progress(|_, _| ()));
        check(&UploadOptions::new().progress(|_, _| ()));
        check(&DeleteAllOptions::new().progress(|_| ControlFlow::Continue(())));
    }

    #[test]
    fn break_cancels_and_everything_else_continues() {
        Progress::default().report(1).unwrap();
        Progress::new(|_: u8| ()).report(1).unwrap();
        let stop_at_2 = |n: u8| if n < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        let progress = Progress::new(stop_at_2);
        progress.report(1).unwrap();
        assert_eq!(progress.report(2).unwrap_err().kind(), ErrorKind::Cancelled);
    }
}
