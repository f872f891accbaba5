//! A proxy that delays what it forwards, as a long line does: `delay ADDRESS MILLISECONDS` prints its port.
//!
//! Each direction is delayed by half of the time, which is thus the time of a round trip. Throughput is not limited, and
//! connections are accepted at once.

use std::env;
use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How many pieces are on the line: together with their size, more than any receive window.
const PIECES: usize = 1024;
const PIECE: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, milliseconds] = &args[..] else { return Err("usage: delay ADDRESS MILLISECONDS".into()) };
    let delay = Duration::from_millis(milliseconds.parse()?) / 2;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(address)?);
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
        }
        forward(client.try_clone()?, server.try_clone()?, delay);
        forward(server, client, delay);
    }
    Ok(())
}

/// Starts to forward one direction. The end of the input, or an error, ends it.
fn forward(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, line) = mpsc::sync_channel::<(Instant, Vec<u8>)>(PIECES);
    thread::spawn(move || -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        loop {
            let n = from.read(&mut buffer)?;
            if n == 0 || sender.send((Instant::now() + delay, buffer[..n].to_vec())).is_err() {
                return Ok(());
            }
        }
    });
    thread::spawn(move || -> io::Result<()> {
        for (due, piece) in line {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            to.write_all(&piece)?;
        }
        to.shutdown(Shutdown::Write)
    });
}
