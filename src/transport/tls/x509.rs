//! Reads the few parts of a certificate that error texts name. Nothing here decides what is trusted, except that
//! a certificate for other purposes is rejected.

/// The object identifiers, in DER, of the extended key usage, of servers, and of any purpose.
const EXTENDED_KEY_USAGE: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x25];
const SERVER_AUTH: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// Takes one DER element from the front. Returns its tag and content.
fn take<'a>(der: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let len = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x83 => {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            rest = after;
            bytes.iter().fold(0, |len, &byte| len << 8 | usize::from(byte))
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(len)?;
    *der = after;
    Some((tag, content))
}

/// Returns the issuer and the subject, as DER.
fn issuer_and_subject(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut certificate = take(&mut &*certificate)?.1;
    let mut fields = take(&mut certificate)?.1;
    // The version is optional, then follow the serial number and the signature algorithm.
    let (tag, _) = take(&mut fields)?;
    if tag != 0x02 {
        take(&mut fields)?;
    }
    take(&mut fields)?;
    let issuer = take(&mut fields)?;
    take(&mut fields)?; // the validity
    let subject = take(&mut fields)?;
    (issuer.0 == SEQUENCE && subject.0 == SEQUENCE).then_some((issuer.1, subject.1))
}

/// Returns `true` if the issuer of a certificate is its own subject.
pub(super) fn is_self_issued(certificate: &[u8]) -> bool {
    issuer_and_subject(certificate).is_some_and(|(issuer, subject)| issuer == subject)
}

/// Returns the common name of the issuer, or else its organisation.
pub(super) fn issuer_name(certificate: &[u8]) -> Option<String> {
    let (issuer, _) = issuer_and_subject(certificate)?;
    attribute(issuer, COMMON_NAME).or_else(|| attribute(issuer, ORGANISATION))
}

/// Returns an attribute of a distinguished name, which is a sequence of sets of pairs.
fn attribute(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    while let Some((_, mut set)) = take(&mut name) {
        while let Some((_, mut pair)) = take(&mut set) {
            let (tag, identifier) = take(&mut pair)?;
            let (_, value) = take(&mut pair)?;
            if tag == OBJECT_IDENTIFIER && identifier == wanted {
                let text = String::from_utf8_lossy(value);
                // The server chose the text. It must not look like another part of the error.
                let text: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
                return Some(format!("{text:?}"));
            }
        }
    }
    None
}

/// Returns `true` if the certificate names purposes, and servers are not among them.
///
/// Looks for the bytes of the identifiers anywhere in the certificate. By chance, a match could only lead to a
/// rejection, or concern the certificate that the user has chosen to trust.
pub(super) fn is_for_other_purposes(certificate: &[u8]) -> bool {
    let contains = |bytes: &[u8]| certificate.windows(bytes.len()).any(|window| window == bytes);
    contains(EXTENDED_KEY_USAGE) && !contains(SERVER_AUTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_certificates_have_no_names() {
        for der in [&b""[..], &[0x30], &[0x30, 0x84, 1, 1, 1, 1], &[0x30, 0x03, 0x30, 0x05, 0], &[0xff; 64]] {
            assert_eq!(issuer_name(der), None);
            assert!(!is_self_issued(der) && !is_for_other_purposes(der));
        }
    }

    #[test]
    fn attributes_of_a_name_are_found_and_quoted() {
        // O=Corp, CN=Root\n"CA"
        let name = [
            &[0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x04][..],
            b"Corp",
            &[0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09],
            b"Root\n\"CA\"",
        ]
        .concat();
        assert_eq!(attribute(&name, ORGANISATION).as_deref(), Some("\"Corp\""));
        assert_eq!(attribute(&name, COMMON_NAME).as_deref(), Some("\"Root\\\"CA\\\"\""));
        assert_eq!(attribute(&name, &[0x55, 0x04, 0x06]), None);
        assert_eq!(attribute(&name[..7], ORGANISATION), None);
    }
}
