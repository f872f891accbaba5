//! `Display` and `FromStr` for enums whose variants have a name on the wire or on a command line.

use crate::error::{Error, Result};

/// Returns the value with this name, in any ASCII case. The error lists the accepted names.
pub(crate) fn parse<T: Clone>(what: &str, text: &str, values: &[(&str, T)]) -> Result<T> {
    if let Some((_, value)) = values.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(value.clone());
    }
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    Err(Error::invalid(format!("unknown {what} {text:?}; accepted values: {}", names.join(", "))))
}

/// Implements `as_str`, `Display` and `FromStr` for a `Copy` enum: `Type, "what it is"; /// docs of as_str;
/// Variant => "name", …`. A variant without a name does not compile.
macro_rules! impl_names {
    ($type:ident, $what:literal; $(#[$doc:meta])* as_str; $($variant:ident => $name:literal),+ $(,)?) => {
        impl $type {
            $(#[$doc])*
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// Parses the name in any ASCII case. The error lists the accepted names.
        impl ::std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::names::parse($what, text, &[$(($name, Self::$variant)),+])
            }
        }
    };
}

pub(crate) use impl_names;

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use crate::{
        AddressingStyle, CannedAcl, ChecksumAlgorithm, Error, ErrorKind, ListApi, MetadataEncoding, Method,
        Payer, Permission, SignatureVersion, Versioning,
    };

    /// Checks that exactly these names are accepted, in any case, and printed.
    pub(crate) fn check<T>(what: &str, names: &[&str])
    where
        T: FromStr<Err = Error> + Display + Debug + PartialEq,
    {
        for name in names {
            let value: T = name.parse().unwrap();
            assert_eq!(value.to_string(), *name);
            assert_eq!(name.to_ascii_uppercase().parse::<T>().unwrap(), value);
            assert_eq!(name.to_ascii_lowercase().parse::<T>().unwrap(), value);
        }
        for other in ["", "other", &format!("{} ", names[0])] {
            let error = other.parse::<T>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let accepted = names.join(", ");
            assert_eq!(error.to_string(), format!("unknown {what} {other:?}; accepted values: {accepted}"));
        }
    }

    #[test]
    fn names_are_parsed_in_any_case_and_printed() {
        check::<SignatureVersion>("signature version", &["v2", "v4"]);
        check::<Method>("HTTP method", &["GET", "HEAD", "PUT", "POST", "DELETE"]);
        check::<ListApi>("list API version", &["v1", "v2"]);
        let checksums = ["CRC64NVME", "CRC32C", "CRC32", "SHA256", "SHA1", "MD5"];
        check::<ChecksumAlgorithm>("checksum algorithm", &checksums);
        check::<AddressingStyle>("addressing style", &["path", "virtual", "bucket-as-host"]);
        check::<MetadataEncoding>("metadata encoding", &["encoded-words", "utf-8"]);
        check::<CannedAcl>(
            "canned ACL",
            &[
                "private",
                "public-read",
                "public-read-write",
                "authenticated-read",
                "bucket-owner-read",
                "bucket-owner-full-control",
                "aws-exec-read",
                "log-delivery-write",
            ],
        );
        check::<Permission>("permission", &["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"]);
        check::<Payer>("payer", &["BucketOwner", "Requester"]);
        check::<Versioning>("versioning status", &["Enabled", "Suspended"]);
    }

    #[test]
    fn names_are_padded() {
        assert_eq!(format!("{:<4}|{:>5}", SignatureVersion::V4, Method::Get), "v4  |  GET");
        assert_eq!(format!("{:>6}", Permission::Other("FLY".into())), "   FLY");
    }
}
