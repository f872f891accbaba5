//! Dates in the formats of S3: ISO 8601 in XML, HTTP dates in headers, and a compact form in Signature V4.

use std::fmt;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::{Rfc2822, Rfc3339};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date and time returned by the server, such as a creation or modification time.
///
/// `Display` prints it in the format of S3 listings, `2011-04-21T18:05:39.000Z`. If the server returns no
/// date or an invalid one, the value is [`Timestamp::UNKNOWN`], which prints as `-` and sorts before all
/// others.
///
/// ```
/// use plain_s3::{Timestamp, time::OffsetDateTime};
///
/// let epoch = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
/// assert_eq!(epoch.to_string(), "1970-01-01T00:00:00.000Z");
/// assert_eq!(epoch.system_time(), Some(std::time::UNIX_EPOCH));
/// assert!(Timestamp::UNKNOWN < epoch);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Option<OffsetDateTime>);

impl Timestamp {
    /// The value if the server returned no valid date.
    pub const UNKNOWN: Self = Self(None);

    /// Returns the date and time in UTC, or `None` if it is unknown.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let hello = client.head_object("my-new-bucket", "hello.txt")?;
    /// if let Some(stored) = hello.last_modified.date_time() {
    ///     println!("stored in {}", stored.year());
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn date_time(self) -> Option<OffsetDateTime> {
        self.0
    }

    /// Returns the date and time as a [`SystemTime`], or `None` if it is unknown.
    pub fn system_time(self) -> Option<SystemTime> {
        self.0.map(SystemTime::from)
    }

    /// Parses ISO 8601 with 0 to 9 fractional digits and `Z` or an offset.
    pub(crate) fn from_iso8601(text: &str) -> Self {
        Self(OffsetDateTime::parse(text.trim(), &Rfc3339).ok().and_then(to_utc))
    }

    /// Parses the date of an HTTP header, such as `Fri, 27 May 2011 06:23:07 GMT`.
    pub(crate) fn from_http(text: &str) -> Self {
        Self(OffsetDateTime::parse(text.trim(), &Rfc2822).ok().and_then(to_utc))
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(date: OffsetDateTime) -> Self {
        Self(to_utc(date))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(t) = self.0 else { return f.pad("-") };
        f.pad(&format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        ))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Converts a date to UTC. Returns `None` if the result is out of range: a server can return a date at the
/// end of the year 9999 with an offset.
fn to_utc(date: OffsetDateTime) -> Option<OffsetDateTime> {
    date.checked_to_offset(UtcOffset::UTC)
}

/// Converts a date passed by the caller to UTC. A date that is out of range in UTC keeps its offset rather
/// than causing a panic.
fn to_utc_or_unchanged(date: OffsetDateTime) -> OffsetDateTime {
    to_utc(date).unwrap_or(date)
}

/// Returns the format of HTTP headers, such as `Tue, 27 Mar 2007 19:36:42 GMT`.
pub(crate) fn http_date(date: OffsetDateTime) -> String {
    let t = to_utc_or_unchanged(date);
    let weekday = WEEKDAYS[usize::from(t.weekday().number_days_from_monday())];
    let month = MONTHS[usize::from(u8::from(t.month())) - 1];
    let mut out = String::with_capacity(32);
    out.push_str(weekday);
    out.push_str(", ");
    push_digits(&mut out, t.day().into(), 2);
    for part in [" ", month, " "] {
        out.push_str(part);
    }
    push_digits(&mut out, t.year().unsigned_abs(), 4);
    for (mark, number) in [(' ', t.hour()), (':', t.minute()), (':', t.second())] {
        out.push(mark);
        push_digits(&mut out, number.into(), 2);
    }
    out.push_str(" GMT");
    out
}

/// Returns the compact format of Signature V4, such as `20130524T000000Z`. The first eight characters are the
/// day.
pub(crate) fn amz_date(date: OffsetDateTime) -> String {
    let t = to_utc_or_unchanged(date);
    let mut out = String::with_capacity(16);
    push_digits(&mut out, t.year().unsigned_abs(), 4);
    push_digits(&mut out, u8::from(t.month()).into(), 2);
    push_digits(&mut out, t.day().into(), 2);
    out.push('T');
    for number in [t.hour(), t.minute(), t.second()] {
        push_digits(&mut out, number.into(), 2);
    }
    out.push('Z');
    out
}

/// Appends a number with leading zeros. Every request has a date, and `format!` would take a tenth of the
/// request's time.
fn push_digits(out: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        out.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Date, Time};

    #[test]
    fn fractions_and_offsets_are_parsed() {
        for text in [
            "2011-04-21T18:05:39Z",
            "2011-04-21T18:05:39.000Z",
            "2011-04-21T18:05:39.000000Z",
            "2011-04-21T18:05:39.000000000+00:00",
            "2011-04-21T20:05:39.000+02:00",
            " 2011-04-21T18:05:39.000Z\n",
        ] {
            assert_eq!(Timestamp::from_iso8601(text).to_string(), "2011-04-21T18:05:39.000Z", "{text}");
        }
    }

    #[test]
    fn missing_or_invalid_date_is_unknown() {
        for text in ["", "yesterday", "2011-13-41T18:05:39.000Z"] {
            assert_eq!(Timestamp::from_iso8601(text), Timestamp::UNKNOWN);
        }
        for text in ["soon", "Fri, 31 Dec 9999 23:59:59 -1200"] {
            assert_eq!(Timestamp::from_http(text), Timestamp::UNKNOWN);
        }
        assert_eq!(Timestamp::from_iso8601("9999-12-31T23:59:59-01:00"), Timestamp::UNKNOWN);
        assert_eq!(format!("{:>3}", Timestamp::UNKNOWN), "  -");
        assert!(Timestamp::UNKNOWN < Timestamp::from(OffsetDateTime::UNIX_EPOCH));
    }

    #[test]
    fn http_and_signature_dates_match_the_published_examples() {
        let date = Timestamp::from_http("Tue, 27 Mar 2007 19:36:42 GMT").date_time().unwrap();
        assert_eq!(http_date(date), "Tue, 27 Mar 2007 19:36:42 GMT");
        assert_eq!(amz_date(date), "20070327T193642Z");
        assert_eq!(Timestamp::from(date).to_string(), "2007-03-27T19:36:42.000Z");
        let last = OffsetDateTime::new_in_offset(Date::MAX, Time::MIDNIGHT, UtcOffset::UTC);
        let beyond = last.replace_hour(23).unwrap().replace_offset(UtcOffset::from_hms(-1, 0, 0).unwrap());
        assert_eq!(http_date(beyond), "Fri, 31 Dec 9999 23:00:00 GMT");
    }
}
