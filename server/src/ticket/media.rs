use plaudit_domain::MediaId;

use super::Sealer;
use crate::secret::InstanceSecret;

/// Names under which pictures are shown before their vote.
///
/// A picture's own address is the hash of its content, and exports and finished battles tell who made what has that address. So
/// an open battle shows each picture under a name made for it alone: the address, sealed. No two of them are alike, and
/// nobody but this installation can tell which picture one stands for without fetching it.
#[derive(Clone)]
pub struct MediaNames(Sealer);

impl MediaNames {
    /// With the installation's key.
    pub fn new(secret: &InstanceSecret) -> Self {
        Self(Sealer::new(secret, "plaudit 2026 media before the vote"))
    }

    /// A new name for this picture.
    pub fn conceal(&self, media: MediaId) -> String {
        self.0.seal(media.as_bytes())
    }

    /// The picture of a name; `None` for anything that was not made here.
    pub fn reveal(&self, name: &str) -> Option<MediaId> {
        MediaId::try_from(self.0.unseal(name)?.as_slice()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_new_name_each_time_and_none_tells_its_address() {
        let names = MediaNames::new(&InstanceSecret::from_bytes([1; 32]));
        let media = MediaId::of(b"picture");
        let (one, other) = (names.conceal(media), names.conceal(media));
        assert_ne!(one, other);
        assert_eq!(one.len(), other.len());
        assert!(!one.contains(&media.to_string()));
        assert_eq!((names.reveal(&one), names.reveal(&other)), (Some(media), Some(media)));
        let stranger = MediaNames::new(&InstanceSecret::from_bytes([2; 32]));
        assert_eq!(stranger.reveal(&one), None);
        assert_eq!(names.reveal(&one[1..]), None);
        assert_eq!(names.reveal("../../etc/passwd"), None);
    }
}
