/// Width and height of a picture in pixels.
pub const SIDE: usize = 32;

/// Pixels of a picture.
pub const PIXELS: usize = SIDE * SIDE;

/// Numbers of a picture: red, green and blue of each pixel.
pub const VALUES: usize = PIXELS * 3;

/// Width and height of a patch in pixels.
const PATCH: usize = 4;

/// Patches of a picture.
pub const PATCH_COUNT: usize = PIXELS / (PATCH * PATCH);

/// Numbers of a patch.
pub const PATCH_VALUES: usize = PATCH * PATCH * 3;

/// Red, green and blue of 32×32 pixels, row by row from the top left.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture(Box<[u8; VALUES]>);

impl Picture {
    /// From [`VALUES`] bytes; nothing if there are more or fewer.
    pub fn new(rgb: &[u8]) -> Option<Self> {
        rgb.try_into().ok().map(|rgb: [u8; VALUES]| Self(Box::new(rgb)))
    }

    /// The bytes, red, green, blue, red, …
    pub fn rgb(&self) -> &[u8; VALUES] {
        &self.0
    }

    /// The same picture, seen in a mirror.
    pub fn mirrored(&self) -> Self {
        let mut rgb = self.0.clone();
        for (row, from) in rgb.chunks_exact_mut(SIDE * 3).zip(self.0.chunks_exact(SIDE * 3)) {
            for (pixel, from) in row.chunks_exact_mut(3).zip(from.chunks_exact(3).rev()) {
                pixel.copy_from_slice(from);
            }
        }
        Self(rgb)
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Picture({SIDE}×{SIDE})")
    }
}

/// Where the pixel stands in the order of patches: blocks of 8×8, in each 4 patches of 4×4, in each 16 pixels. Four patches
/// that are merged into one token lie side by side, so that merging is reshaping.
fn place(row: usize, column: usize) -> usize {
    let block = (row / 8) * (SIDE / 8) + column / 8;
    let patch = (row % 8 / PATCH) * 2 + column % 8 / PATCH;
    let pixel = (row % PATCH) * PATCH + column % PATCH;
    ((block * 4 + patch) * PATCH * PATCH + pixel) * 3
}

/// Bytes as numbers from -1 (black) to 1 (white), in the order of patches: `[PATCH_COUNT, PATCH_VALUES]`.
pub fn to_patches(picture: &Picture) -> Vec<f32> {
    let mut values = vec![0.0; VALUES];
    for (index, pixel) in picture.rgb().chunks_exact(3).enumerate() {
        let to = place(index / SIDE, index % SIDE);
        for (value, byte) in values[to..to + 3].iter_mut().zip(pixel) {
            *value = f32::from(*byte) / 127.5 - 1.0;
        }
    }
    values
}

/// The inverse of [`to_patches`]; what is out of range is cut to it. Wants [`VALUES`] numbers.
pub fn from_patches(values: &[f32]) -> Option<Picture> {
    if values.len() != VALUES {
        return None;
    }
    let mut rgb = Box::new([0_u8; VALUES]);
    for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let from = place(index / SIDE, index % SIDE);
        for (byte, value) in pixel.iter_mut().zip(&values[from..from + 3]) {
            *byte = ((value.clamp(-1.0, 1.0) + 1.0) * 127.5).round() as u8;
        }
    }
    Some(Picture(rgb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_back_from_patches_and_neighbours_share_a_patch() {
        let rgb: Vec<u8> = (0..VALUES).map(|index| (index * 7 % 251) as u8).collect();
        let picture = Picture::new(&rgb).unwrap();
        assert_eq!(from_patches(&to_patches(&picture)), Some(picture.clone()));
        assert_eq!(picture.mirrored().mirrored(), picture);
        assert_eq!(picture.mirrored().rgb()[..3], picture.rgb()[31 * 3..32 * 3]);
        assert_eq!(place(0, 0) / PATCH_VALUES, place(3, 3) / PATCH_VALUES);
        assert_eq!(place(0, 4) / PATCH_VALUES, 1);
        assert_eq!(place(4, 0) / PATCH_VALUES, 2);
        assert_eq!(place(0, 8) / PATCH_VALUES, 4);
    }
}
