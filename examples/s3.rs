//! A small command-line client for any S3 server:
//!
//!     cargo run --example s3 -- help
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials, and AWS_REGION
//! selects Signature V4.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use plain_s3::{Client, DownloadOptions, FolderOptions, FolderStep, ListOptions, UploadOptions};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const USAGE: &str = "\
usage: s3 ls [-r] [s3://BUCKET[/PREFIX]]        list buckets, a folder, or everything under a prefix
       s3 cp [-r] SOURCE TARGET                 copy a file, an object, or a folder; - is stdin or stdout
       s3 mv SOURCE TARGET                      copy a file or an object, then delete the source
       s3 rm [-r] [-n] s3://BUCKET/KEY          delete an object, or everything under a prefix
       s3 sync [OPTIONS] SOURCE TARGET          transfer what differs between a folder and a prefix
       s3 cat s3://BUCKET/KEY                   print an object
       s3 presign s3://BUCKET/KEY [SECONDS]     print a download URL, valid for an hour by default
       s3 du s3://BUCKET[/PREFIX]               count objects and bytes
options of sync and cp -r: --delete, --include PATTERN, --exclude PATTERN, --size-only, --skip-invalid,
       -n (dry run), -j THREADS";

fn main() -> ExitCode {
    let args = Args::parse(std::env::args().skip(1));
    match args.and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("s3: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments of the command line.
#[derive(Default)]
struct Args {
    command: String,
    /// Everything that is no option.
    names: Vec<String>,
    recursive: bool,
    dry_run: bool,
    threads: usize,
    folder: FolderOptions<'static>,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut args = Self { command: words.next().unwrap_or_default(), threads: 1, ..Self::default() };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            let folder = std::mem::take(&mut args.folder);
            args.folder = match word.as_str() {
                "--delete" => folder.delete(),
                "--include" => folder.include(value()?),
                "--exclude" => folder.exclude(value()?),
                "--size-only" => folder.size_only(),
                "--skip-invalid" => folder.skip_invalid(),
                _ => folder,
            };
            match word.as_str() {
                "-r" => args.recursive = true,
                "-n" => args.dry_run = true,
                "-j" => args.threads = value()?.parse()?,
                "--delete" | "--include" | "--exclude" | "--size-only" | "--skip-invalid" => {}
                option if option.starts_with('-') && option != "-" => {
                    return Err(format!("the option {option} is unknown\n{USAGE}").into());
                }
                _ => args.names.push(word),
            }
        }
        Ok(args)
    }
}

/// A source or a target.
enum Place {
    Object(String, String),
    File(PathBuf),
    /// Stdin or stdout.
    Stream,
}

impl Place {
    fn parse(name: &str) -> Self {
        match name.strip_prefix("s3://") {
            None if name == "-" => Self::Stream,
            None => Self::File(name.into()),
            Some(name) => {
                let (bucket, key) = name.split_once('/').unwrap_or((name, ""));
                Self::Object(bucket.to_owned(), key.to_owned())
            }
        }
    }

    fn object(name: &str) -> Result<(String, String)> {
        match Self::parse(name) {
            Self::Object(bucket, key) => Ok((bucket, key)),
            _ => Err(format!("{name} does not start with s3://").into()),
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let names: Vec<&str> = args.names.iter().map(String::as_str).collect();
    if matches!(args.command.as_str(), "" | "help" | "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let client = Client::from_env()?;
    match (args.command.as_str(), names.as_slice()) {
        ("ls", []) => list_buckets(&client),
        ("ls", [place]) => list(&client, &Place::object(place)?, args.recursive),
        ("cp", [from, to]) if args.recursive => sync(&client, &Place::parse(from), &Place::parse(to), args),
        ("sync", [from, to]) => sync(&client, &Place::parse(from), &Place::parse(to), args),
        ("cp", [from, to]) => copy(&client, &Place::parse(from), &Place::parse(to)),
        ("mv", [from, to]) => rename(&client, &Place::parse(from), &Place::parse(to)),
        ("rm", [place]) => remove(&client, &Place::object(place)?, args),
        ("cat", [place]) => copy(&client, &Place::parse(place), &Place::Stream),
        ("presign", [place]) => presign(&client, &Place::object(place)?, 3600),
        ("presign", [place, seconds]) => presign(&client, &Place::object(place)?, seconds.parse()?),
        ("du", [place]) => usage(&client, &Place::object(place)?),
        _ => Err(USAGE.into()),
    }
}

fn list_buckets(client: &Client) -> Result<()> {
    for bucket in client.list_buckets()? {
        println!("{}  s3://{}", bucket.creation_date, bucket.name);
    }
    Ok(())
}

fn list(client: &Client, (bucket, prefix): &(String, String), recursive: bool) -> Result<()> {
    let options = ListOptions::new().prefix(prefix);
    let options = if recursive { options } else { options.delimiter("/") };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for page in client.list_objects_with(bucket, &options).pages() {
        let page = page?;
        for folder in page.common_prefixes {
            writeln!(out, "{:>24}  {:>12}  s3://{bucket}/{folder}", "", "folder")?;
        }
        for object in page.entries {
            writeln!(out, "{:>24}  {:>12}  s3://{bucket}/{}", object.last_modified, object.size, object.key)?;
        }
    }
    Ok(out.flush()?)
}

fn usage(client: &Client, (bucket, prefix): &(String, String)) -> Result<()> {
    let (mut objects, mut bytes) = (0_u64, 0);
    for object in client.list_objects_with(bucket, &ListOptions::new().prefix(prefix)) {
        objects += 1;
        bytes += object?.size;
    }
    println!("{bytes} bytes in {objects} objects");
    Ok(())
}

fn presign(client: &Client, (bucket, key): &(String, String), seconds: u64) -> Result<()> {
    println!("{}", client.presign_get_object(bucket, key, Duration::from_secs(seconds))?);
    Ok(())
}

fn remove(client: &Client, (bucket, key): &(String, String), args: &Args) -> Result<()> {
    let options = ListOptions::new().prefix(key);
    match (args.recursive, args.dry_run) {
        (true, true) => list(client, &(bucket.clone(), key.clone()), true)?,
        (true, false) => {
            for page in client.list_objects_with(bucket, &options).pages() {
                client.delete_objects(bucket, page?.entries)?;
            }
        }
        (false, true) => println!("delete s3://{bucket}/{key}"),
        (false, false) => drop(client.delete_object(bucket, key)?),
    }
    Ok(())
}

fn copy(client: &Client, from: &Place, to: &Place) -> Result<()> {
    let bar = Bar::new();
    match (from, to) {
        (Place::File(path), Place::Object(bucket, key)) => {
            let options = UploadOptions::new().progress(|sent, total| bar.show(sent, total.unwrap_or(sent)));
            client.upload_file_with(bucket, &named_like(key, path), path, &options)?;
        }
        (Place::Stream, Place::Object(bucket, key)) => {
            let options = UploadOptions::new().progress(|sent, _| bar.show(sent, sent));
            client.upload_reader_with(bucket, key, io::stdin(), &options)?;
        }
        (Place::Object(bucket, key), Place::File(path)) => {
            let name = key.rsplit('/').next().unwrap_or(key);
            let path = if path.is_dir() { path.join(name) } else { path.clone() };
            let options = DownloadOptions::new().resume().progress(|written, total| bar.show(written, total));
            client.download_file_with(bucket, key, path, &options)?;
        }
        (Place::Object(bucket, key), Place::Stream) => {
            io::copy(&mut client.get_object(bucket, key)?, &mut io::stdout().lock())?;
        }
        (Place::Object(bucket, key), Place::Object(to, to_key)) => {
            client.copy((bucket, key), (to, &named_like(to_key, key)))?;
        }
        _ => return Err("one of the two names has to start with s3://".into()),
    }
    Ok(())
}

/// Adds the name of the source to a key that is a folder.
fn named_like(key: &str, source: impl AsRef<Path>) -> String {
    let name = source.as_ref().file_name().unwrap_or_default().to_string_lossy();
    if key.is_empty() || key.ends_with('/') { format!("{key}{name}") } else { key.to_owned() }
}

fn rename(client: &Client, from: &Place, to: &Place) -> Result<()> {
    match (from, to) {
        (Place::Object(bucket, key), Place::Object(to, to_key)) if bucket == to => {
            client.rename_object(bucket, key, &named_like(to_key, key))?;
        }
        (Place::Object(bucket, key), Place::File(_) | Place::Object(..)) => {
            copy(client, from, to)?;
            client.delete_object(bucket, key)?;
        }
        (Place::File(path), Place::Object(..)) => {
            copy(client, from, to)?;
            std::fs::remove_file(path)?;
        }
        _ => return Err("mv needs an object and a file, or two objects".into()),
    }
    Ok(())
}

fn sync(client: &Client, from: &Place, to: &Place, args: &Args) -> Result<()> {
    let bar = Bar::new();
    let options = args.folder.clone().progress(|done| bar.show(done.bytes, done.total_bytes));
    let options = if args.dry_run { options.dry_run() } else { options };
    let plan = match (from, to) {
        (Place::File(folder), Place::Object(bucket, prefix)) => {
            client.plan_upload_folder(bucket, prefix, folder, &options)?
        }
        (Place::Object(bucket, prefix), Place::File(folder)) => {
            client.plan_download_prefix(bucket, prefix, folder, &options)?
        }
        _ => return Err("sync needs a folder and a name that starts with s3://".into()),
    };
    for skipped in plan.skipped() {
        eprintln!("skipped {:?}: {}", skipped.key, skipped.message);
    }
    if args.dry_run {
        plan.for_each(|step| println!("{step}"));
        return Ok(());
    }
    if args.threads < 2 {
        let summary = plan.run()?;
        drop(options); // clears the progress bar
        bar.clear();
        println!("{summary}");
        return Ok(());
    }
    let (deletions, transfers): (Vec<FolderStep<'_>>, Vec<_>) =
        plan.partition(|step| step.action().is_deletion());
    // deletions only if everything was transferred
    let failed = run_steps(transfers, args.threads).and_then(|()| run_steps(deletions, args.threads));
    failed.map_err(|failures| format!("{failures} files failed; run it again for what is missing").into())
}

/// Runs the steps on several threads. Prints failures, and returns their number.
fn run_steps(steps: Vec<FolderStep<'_>>, threads: usize) -> Result<(), usize> {
    let (steps, failures) = (Mutex::new(steps.into_iter()), Mutex::new(0));
    let next = || steps.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(step) = next() {
                    if let Err(error) = step.run() {
                        eprintln!("{error}");
                        *failures.lock().unwrap() += 1;
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    if failures == 0 { Ok(()) } else { Err(failures) }
}

/// A progress bar on a terminal.
struct Bar {
    shown: Mutex<Option<Instant>>,
    is_terminal: bool,
}

impl Bar {
    const WIDTH: usize = 40;

    fn new() -> Self {
        Self { shown: Mutex::new(None), is_terminal: io::stderr().is_terminal() }
    }

    /// Draws the bar, at most ten times per second.
    fn show(&self, done: u64, total: u64) {
        let mut shown = self.shown.lock().unwrap();
        if !self.is_terminal || shown.is_some_and(|at| at.elapsed() < Duration::from_millis(100)) {
            return;
        }
        *shown = Some(Instant::now());
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
        let full = "█".repeat(percent as usize * Self::WIDTH / 100);
        // \r: to the start of the line; \x1b[K: clear the rest of the line
        eprint!("\r{full:░<width$} {percent:3} % of {} MB\x1b[K", total / 1_000_000, width = Self::WIDTH);
    }

    fn clear(&self) {
        if self.shown.lock().unwrap().take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
