//! Signals that are sent to the launcher.
//!
//! A signal must not end the launcher before it has deleted its folder, and must reach COMMAND.
//! Therefore the launcher forwards signals, and ends only when COMMAND ends.

use std::io;

#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Installs handlers, so that these signals no longer end this process. Must be called within a
    /// Tokio runtime.
    pub fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Forwards the signals that only the launcher received. The terminal sends an interrupt to
    /// COMMAND as well, so the launcher only ignores it.
    pub async fn forward_to(mut self, child: u32) {
        std::future::poll_fn(|cx| {
            while self.interrupt.poll_recv(cx).is_ready() {}
            while self.terminate.poll_recv(cx).is_ready() {
                kill("-TERM", child);
            }
            while self.hangup.poll_recv(cx).is_ready() {
                kill("-HUP", child);
            }
            std::task::Poll::<()>::Pending
        })
        .await;
    }
}

/// Sends a signal with the `kill` program, as the system call would need unsafe code.
#[cfg(unix)]
fn kill(signal: &str, child: u32) {
    let mut command = std::process::Command::new("kill");
    command.arg(signal).arg(child.to_string());
    // This fails only if the child has just ended, and then there is nothing to do.
    let _ = command.stderr(std::process::Stdio::null()).status();
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn catch() -> io::Result<Self> {
        Ok(Self)
    }

    /// Ignores Ctrl-C, which the terminal sends to COMMAND as well.
    pub async fn forward_to(self, _child: u32) {
        while tokio::signal::ctrl_c().await.is_ok() {}
    }
}
