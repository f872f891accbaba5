//! A request body whose rest can be read after the response is known.
//!
//! s3s responds to some requests without reading their body, for example to a PUT into a missing
//! bucket. Closing the connection at this point would reset it, and the client might never receive
//! the response.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

#[derive(Clone)]
pub struct RequestBody(Arc<Shared>);

struct Shared {
    body: Mutex<Incoming>,
    started: AtomicBool,
}

impl RequestBody {
    pub fn new(body: Incoming) -> Self {
        Self(Arc::new(Shared { body: Mutex::new(body), started: AtomicBool::new(false) }))
    }

    /// Reads and discards the rest of the body. If the client waits for `100 Continue`
    /// (`expects_continue`) and s3s has not started to read the body, nothing is read, because
    /// reading would send the `100 Continue`.
    pub async fn drain(mut self, expects_continue: bool) {
        if expects_continue && !self.0.started.load(Ordering::Relaxed) {
            return;
        }
        while !self.is_end_stream() {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await;
            if !matches!(frame, Some(Ok(_))) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Incoming> {
        self.0.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.started.store(true, Ordering::Relaxed);
        Pin::new(&mut *self.lock()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
    }
}
