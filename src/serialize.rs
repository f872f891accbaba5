//! How values without public fields are serialized, with the feature `serde`: as they are printed.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::acl::Permission;
use crate::checksum::Checksum;
use crate::etag::ETag;
use crate::timestamp::Timestamp;

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `{"algorithm": "CRC64NVME", "value": "rosUhgp5mIg="}`
impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Checksum", 2)?;
        fields.serialize_field("algorithm", &self.algorithm())?;
        fields.serialize_field("value", &self.to_string())?;
        fields.end()
    }
}

/// An unknown time is none.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.date_time() {
            Some(_) => serializer.collect_str(self),
            None => serializer.serialize_none(),
        }
    }
}
