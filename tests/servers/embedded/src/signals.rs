//! Signals sent to the launcher.
//!
//! They must not end it before it has deleted its folder, and must reach COMMAND.
//! So the launcher survives them and ends when COMMAND does.

use std::io;

#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on these signals no longer end this process. Needs a runtime.
    pub fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Passes on what only the launcher got. An interrupt comes from a terminal, which sends it
    /// to COMMAND as well, so that one is only swallowed.
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

/// Through the command, since the system call would need unsafe code.
#[cfg(unix)]
fn kill(signal: &str, child: u32) {
    let mut command = std::process::Command::new("kill");
    command.arg(signal).arg(child.to_string());
    // It fails only when the child has just ended, and then there is nothing to do.
    let _ = command.stderr(std::process::Stdio::null()).status();
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn catch() -> io::Result<Self> {
        Ok(Self)
    }

    /// Ctrl-C reaches COMMAND by itself; here it is only swallowed.
    pub async fn forward_to(self, _child: u32) {
        while tokio::signal::ctrl_c().await.is_ok() {}
    }
}
