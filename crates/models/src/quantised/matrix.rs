use half::f16;

use super::{
    BLOCK,
    activation::Activations,
    kernel::{self, Levels, Vector},
};

/// Vectors that are multiplied with a row at once.
const AT_ONCE: usize = 4;

/// A matrix whose rows cannot be cut into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a matrix of {bytes} bytes cannot have {rows} rows of {columns} quantised weights in blocks of 32")]
pub struct UnevenRows {
    /// Bytes given.
    pub bytes: usize,
    /// Rows wanted.
    pub rows: usize,
    /// Columns wanted.
    pub columns: usize,
}

/// A matrix of quantised weights, `[rows, columns]`; a row gives one output.
#[derive(Debug, Clone)]
pub struct QuantisedMatrix {
    rows: usize,
    columns: usize,
    packed: Packed,
    /// Per row and block.
    scales: Vec<f32>,
}

#[derive(Debug, Clone)]
enum Packed {
    /// Two levels of 0 to 15 in a byte: `level[i]` low and `level[i + 16]` high in byte `i`. With its `min` per block.
    Four(Vec<[u8; 16]>, Vec<f32>),
    /// Levels of −128 to 127.
    Eight(Vec<[i8; BLOCK]>),
}

fn half_float(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

impl QuantisedMatrix {
    /// From GGUF's `Q4_1`: per block scale, min (both half floats) and 16 bytes of nibbles.
    ///
    /// # Errors
    /// [`UnevenRows`] when the size is wrong.
    pub fn from_q4_1(bytes: &[u8], rows: usize, columns: usize) -> Result<Self, UnevenRows> {
        let blocks = blocks::<20>(bytes, rows, columns)?;
        let scales = blocks.iter().map(|block| half_float([block[0], block[1]])).collect();
        let mins = blocks.iter().map(|block| half_float([block[2], block[3]])).collect();
        let levels = blocks.iter().map(tail).collect();
        Ok(Self { rows, columns, packed: Packed::Four(levels, mins), scales })
    }

    /// From GGUF's `Q4_0`: per block scale (a half float) and 16 bytes of nibbles, level 8 being zero.
    ///
    /// # Errors
    /// [`UnevenRows`] when the size is wrong.
    pub fn from_q4_0(bytes: &[u8], rows: usize, columns: usize) -> Result<Self, UnevenRows> {
        let blocks = blocks::<18>(bytes, rows, columns)?;
        let scales: Vec<f32> = blocks.iter().map(|block| half_float([block[0], block[1]])).collect();
        let mins = scales.iter().map(|scale| -8.0 * scale).collect();
        let levels = blocks.iter().map(tail).collect();
        Ok(Self { rows, columns, packed: Packed::Four(levels, mins), scales })
    }

    /// From GGUF's `Q8_0`: per block scale (a half float) and 32 signed bytes.
    ///
    /// # Errors
    /// [`UnevenRows`] when the size is wrong.
    pub fn from_q8_0(bytes: &[u8], rows: usize, columns: usize) -> Result<Self, UnevenRows> {
        let blocks = blocks::<34>(bytes, rows, columns)?;
        let scales = blocks.iter().map(|block| half_float([block[0], block[1]])).collect();
        let levels = blocks.iter().map(|block| tail::<32, 34>(block).map(|byte| byte as i8)).collect();
        Ok(Self { rows, columns, packed: Packed::Eight(levels), scales })
    }

    /// Number of outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let packed = match &self.packed {
            Packed::Four(levels, mins) => levels.len() * 16 + mins.len() * 4,
            Packed::Eight(levels) => levels.len() * BLOCK,
        };
        packed + self.scales.len() * 4
    }

    /// One row as floats.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> Vec<f32> {
        let blocks = self.columns / BLOCK;
        let range = row * blocks..(row + 1) * blocks;
        let mut values = Vec::with_capacity(self.columns);
        for block in range {
            let scale = self.scales[block];
            match &self.packed {
                Packed::Four(levels, mins) => {
                    let value = |level: u8| scale * f32::from(level) + mins[block];
                    values.extend(levels[block].iter().map(|byte| value(byte & 0x0f)));
                    values.extend(levels[block].iter().map(|byte| value(byte >> 4)));
                }
                Packed::Eight(levels) => values.extend(levels[block].iter().map(|level| scale * f32::from(*level))),
            }
        }
        values
    }

    /// Multiplies: `output[vector · stride + offset + row]`, so that several matrices can fill one output.
    ///
    /// # Panics
    /// When the vectors have another number of columns, or the output is too short.
    pub fn multiply(&self, activations: &Activations, output: &mut [f32], offset: usize, stride: usize) {
        assert_eq!(activations.columns, self.columns, "the vectors do not fit the matrix");
        match &self.packed {
            Packed::Four(levels, mins) => self.rows_times(levels, Some(mins), activations, output, offset, stride),
            Packed::Eight(levels) => self.rows_times(levels, None, activations, output, offset, stride),
        }
    }

    fn rows_times<T>(
        &self,
        levels: &[T],
        mins: Option<&[f32]>,
        activations: &Activations,
        output: &mut [f32],
        offset: usize,
        stride: usize,
    ) where
        for<'a> &'a T: Levels,
    {
        let blocks = self.columns / BLOCK;
        let rows = levels.chunks_exact(blocks).zip(self.scales.chunks_exact(blocks));
        let vectors = activations.vectors();
        let vector = |vector: usize| {
            let range = vector * blocks..(vector + 1) * blocks;
            Vector { levels: &activations.levels[range.clone()], scales: &activations.scales[range] }
        };
        let min_of = |row: usize, vector: usize| {
            mins.map_or(0.0, |mins| {
                kernel::mins(
                    &mins[row * blocks..(row + 1) * blocks],
                    &activations.sums[vector * blocks..(vector + 1) * blocks],
                )
            })
        };
        for (row, (levels, scales)) in rows.enumerate() {
            let mut first = 0;
            while first + AT_ONCE <= vectors {
                let four: [Vector<'_>; AT_ONCE] = std::array::from_fn(|next| vector(first + next));
                let products = kernel::row_by_many(levels.iter(), scales, four);
                for (next, product) in products.into_iter().enumerate() {
                    output[(first + next) * stride + offset + row] = product + min_of(row, first + next);
                }
                first += AT_ONCE;
            }
            for last in first..vectors {
                let product = kernel::row(levels.iter(), scales, vector(last));
                output[last * stride + offset + row] = product + min_of(row, last);
            }
        }
    }
}

fn blocks<const SIZE: usize>(bytes: &[u8], rows: usize, columns: usize) -> Result<&[[u8; SIZE]], UnevenRows> {
    let uneven = UnevenRows { bytes: bytes.len(), rows, columns };
    let expected = (columns / BLOCK).checked_mul(rows).and_then(|blocks| blocks.checked_mul(SIZE));
    if rows == 0 || columns == 0 || !columns.is_multiple_of(BLOCK) || expected != Some(bytes.len()) {
        return Err(uneven);
    }
    Ok(bytes.as_chunks::<SIZE>().0)
}

/// A block's last bytes, behind its half floats.
fn tail<const LENGTH: usize, const SIZE: usize>(block: &[u8; SIZE]) -> [u8; LENGTH] {
    std::array::from_fn(|place| block[SIZE - LENGTH + place])
}

#[cfg(test)]
mod tests {
    use rand_chacha::{
        ChaCha8Rng,
        rand_core::{Rng, SeedableRng},
    };

    use super::*;

    fn random(length: usize, seed: u64) -> Vec<u8> {
        let mut bytes = vec![0; length];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        bytes
    }

    /// Random levels with sensible scales in front of every block.
    fn random_blocks(size: usize, blocks: usize, seed: u64) -> Vec<u8> {
        let mut bytes = random(size * blocks, seed);
        for block in bytes.chunks_exact_mut(size) {
            let scale = f16::from_f32(0.001 + f32::from(block[0]) / 2_550.0);
            block[..2].copy_from_slice(&scale.to_le_bytes());
            if size == 20 {
                let min = f16::from_f32(-f32::from(block[2]) / 255.0);
                block[2..4].copy_from_slice(&min.to_le_bytes());
            }
        }
        bytes
    }

    fn vectors(count: usize, columns: usize) -> Vec<f32> {
        random(count * columns, 7).into_iter().map(|byte| (f32::from(byte) - 127.0) / 40.0).collect()
    }

    /// The product agrees with the plain sum over dequantised rows, for one vector and for several at once.
    fn agrees(matrix: &QuantisedMatrix) {
        let columns = matrix.columns();
        for count in [1, 3, 4, 9] {
            let input = vectors(count, columns);
            let mut output = vec![f32::NAN; count * matrix.rows()];
            matrix.multiply(&Activations::round(&input, columns), &mut output, 0, matrix.rows());
            for vector in 0..count {
                for row in 0..matrix.rows() {
                    let weights = matrix.row(row);
                    let terms = weights.iter().zip(&input[vector * columns..]);
                    let exact: f64 = terms.clone().map(|(weight, value)| f64::from(*weight) * f64::from(*value)).sum();
                    let size: f64 = terms.map(|(weight, value)| f64::from((weight * value).abs())).sum();
                    let found = f64::from(output[vector * matrix.rows() + row]);
                    assert!((found - exact).abs() <= 1e-4 * size.max(1e-3), "{found} is not {exact} (size {size})");
                }
            }
        }
    }

    #[test]
    fn the_product_is_that_of_the_dequantised_matrix() {
        agrees(&QuantisedMatrix::from_q4_1(&random_blocks(20, 6 * 3, 1), 6, 96).unwrap());
        agrees(&QuantisedMatrix::from_q4_0(&random_blocks(18, 6 * 3, 2), 6, 96).unwrap());
        agrees(&QuantisedMatrix::from_q8_0(&random_blocks(34, 6 * 3, 3), 6, 96).unwrap());
    }

    #[test]
    fn extreme_levels_do_not_overflow() {
        let mut block = vec![0x80_u8; 34];
        block[..2].copy_from_slice(&f16::from_f32(1.0).to_le_bytes());
        let matrix = QuantisedMatrix::from_q8_0(&block, 1, 32).unwrap();
        let mut output = [0.0];
        matrix.multiply(&Activations::round(&[-3.0; 32], 32), &mut output, 0, 1);
        assert!((output[0] - 128.0 * 3.0 * 32.0).abs() < 0.5, "{output:?}");
    }

    #[test]
    fn a_level_is_where_ggml_puts_it() {
        let mut block = vec![0; 18];
        block[..2].copy_from_slice(&f16::from_f32(1.0).to_le_bytes());
        block[2] = 0xf3;
        let row = QuantisedMatrix::from_q4_0(&block, 1, 32).unwrap().row(0);
        assert_eq!((row[0], row[16], row[1]), (3.0 - 8.0, 15.0 - 8.0, -8.0));
    }

    #[test]
    fn rows_that_are_no_whole_blocks_are_refused() {
        assert!(QuantisedMatrix::from_q4_1(&[0; 20], 1, 31).is_err());
        assert!(QuantisedMatrix::from_q4_1(&[0; 19], 1, 32).is_err());
        assert!(QuantisedMatrix::from_q8_0(&[], 0, 32).is_err());
        assert!(QuantisedMatrix::from_q8_0(&[0; 34], usize::MAX, 64).is_err());
    }
}
