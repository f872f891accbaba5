//! A request body that can be read to its end after the answer is known.
//!
//! s3s answers some requests without reading their body, say a PUT into a missing bucket.
//! Closing the connection then would reset it, and the client may never see the answer.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

#[derive(Clone)]
pub struct RequestBody(Arc<Shared>);

struct Shared {
    body: Mutex<Incoming>,
    touched: AtomicBool,
}

impl RequestBody {
    pub fn new(body: Incoming) -> Self {
        Self(Arc::new(Shared { body: Mutex::new(body), touched: AtomicBool::new(false) }))
    }

    /// `asked_first` is set if the client waits for `100 Continue` before it sends the body.
    /// Such a body is left alone if nobody has asked for it.
    pub async fn read_rest(mut self, asked_first: bool) {
        if asked_first && !self.0.touched.load(Ordering::Relaxed) {
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
        self.0.touched.store(true, Ordering::Relaxed);
        Pin::new(&mut *self.lock()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
    }
}
