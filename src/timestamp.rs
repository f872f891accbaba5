//! Moments as S3 writes them: ISO 8601 in XML, HTTP dates in headers, a compact form in Signature V4.

use std::fmt;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::{Rfc2822, Rfc3339};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment that the server gave, such as a creation date or a last modification.
///
/// It prints in the form of S3's own listings, `2011-04-21T18:05:39.000Z`. A server that leaves the
/// date out, or writes one that cannot be read, gives [`Timestamp::UNKNOWN`], which prints as `-`
/// and sorts before every other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Option<OffsetDateTime>);

impl Timestamp {
    /// A date that the server did not give.
    pub const UNKNOWN: Self = Self(None);

    /// Returns the date and time in UTC, or `None` where the server gave none.
    pub fn date_time(self) -> Option<OffsetDateTime> {
        self.0
    }

    /// Returns the moment as the standard library's time, or `None` where the server gave none.
    pub fn system_time(self) -> Option<SystemTime> {
        self.0.map(SystemTime::from)
    }

    /// Reads ISO 8601 with 0 to 9 digits of a second's fraction, `Z` or an offset.
    pub(crate) fn from_iso8601(text: &str) -> Self {
        Self(OffsetDateTime::parse(text.trim(), &Rfc3339).ok().and_then(in_utc))
    }

    /// Reads the date of an HTTP header, `Fri, 27 May 2011 06:23:07 GMT`.
    pub(crate) fn from_http(text: &str) -> Self {
        Self(OffsetDateTime::parse(text.trim(), &Rfc2822).ok().and_then(in_utc))
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(moment: OffsetDateTime) -> Self {
        Self(in_utc(moment))
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

/// The same moment in UTC; none where that would be past the year 9999, which a server may well write.
fn in_utc(moment: OffsetDateTime) -> Option<OffsetDateTime> {
    moment.checked_to_offset(UtcOffset::UTC)
}

/// A caller's moment in UTC. At the end of the year 9999 it stays in its own offset, which is no reason to panic.
fn in_utc_or_as_it_is(moment: OffsetDateTime) -> OffsetDateTime {
    in_utc(moment).unwrap_or(moment)
}

/// The date of HTTP headers, `Tue, 27 Mar 2007 19:36:42 GMT`.
pub(crate) fn http_date(moment: OffsetDateTime) -> String {
    let t = in_utc_or_as_it_is(moment);
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

/// The compact form of Signature V4, `20130524T000000Z`; its first eight characters are the day.
pub(crate) fn amz_date(moment: OffsetDateTime) -> String {
    let t = in_utc_or_as_it_is(moment);
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

/// Appends a number with leading zeros. Every request has a date, and `format!` would take a tenth of its time.
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
    fn every_fraction_and_offset_reads_as_the_same_moment() {
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
    fn a_date_that_is_missing_or_broken_is_unknown() {
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
    fn http_and_signature_dates_are_the_published_ones() {
        let moment = Timestamp::from_http("Tue, 27 Mar 2007 19:36:42 GMT").date_time().unwrap();
        assert_eq!(http_date(moment), "Tue, 27 Mar 2007 19:36:42 GMT");
        assert_eq!(amz_date(moment), "20070327T193642Z");
        assert_eq!(Timestamp::from(moment).to_string(), "2007-03-27T19:36:42.000Z");
        let last = OffsetDateTime::new_in_offset(Date::MAX, Time::MIDNIGHT, UtcOffset::UTC);
        let beyond = last.replace_hour(23).unwrap().replace_offset(UtcOffset::from_hms(-1, 0, 0).unwrap());
        assert_eq!(http_date(beyond), "Fri, 31 Dec 9999 23:00:00 GMT");
    }
}
