use std::{fs::File, io::BufWriter, path::Path};

use plaudit_models::picture::{Picture, SIDE};

use crate::Error;

/// Pixels between two pictures.
const GAP: usize = 4;

/// Writes one picture as it is.
///
/// # Errors
/// Those of the file system.
pub fn write_picture(path: &Path, picture: &Picture) -> Result<(), Error> {
    write_png(path, picture.rgb(), SIDE, SIDE)
}

/// Writes pictures as one PNG, `columns` in a row, every pixel drawn as `zoom`×`zoom`.
///
/// # Errors
/// Those of the file system.
pub fn write_sheet(path: &Path, pictures: &[Picture], columns: usize, zoom: usize) -> Result<(), Error> {
    let columns = columns.clamp(1, pictures.len().max(1));
    let rows = pictures.len().div_ceil(columns);
    let cell = SIDE * zoom + GAP;
    let (width, height) = (columns * cell + GAP, rows * cell + GAP);
    let mut rgb = vec![0xdd_u8; width * height * 3];
    for (index, picture) in pictures.iter().enumerate() {
        let (left, top) = (index % columns * cell + GAP, index / columns * cell + GAP);
        for (row, line) in rgb.chunks_exact_mut(width * 3).skip(top).take(SIDE * zoom).enumerate() {
            for (column, pixel) in line.chunks_exact_mut(3).skip(left).take(SIDE * zoom).enumerate() {
                let from = (row / zoom * SIDE + column / zoom) * 3;
                pixel.copy_from_slice(&picture.rgb()[from..from + 3]);
            }
        }
    }
    write_png(path, &rgb, width, height)
}

fn write_png(path: &Path, rgb: &[u8], width: usize, height: usize) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    let file = BufWriter::new(File::create(path).map_err(Error::io(path))?);
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let wrong = |source| Error::Png { path: path.to_owned(), source };
    encoder.write_header().and_then(|mut writer| writer.write_image_data(rgb)).map_err(wrong)
}
