//! Symmetric positive definite matrices: the algebra of a Newton step.
//!
//! The loops go over several columns at once. That is what a compiler turns into vector instructions with few passes over
//! memory, native and as wasm alike, and the order of every sum is fixed, so that all machines agree to the last bit.
//!
//! Source of the methods: G. H. Golub and C. F. Van Loan, *Matrix Computations* (4th edition, 2013), sections 3.1 and 4.2.

use nalgebra::{DMatrix, DVector};

/// Partial sums that a dot product keeps, to be added up at its end.
const LANES: usize = 8;

/// L with LLᵀ = A.
pub(crate) struct Factor {
    /// Zero above the diagonal.
    lower: DMatrix<f64>,
}

impl Factor {
    /// Reads the lower triangle alone. `None` for a matrix that is not positive definite.
    pub(crate) fn new(mut matrix: DMatrix<f64>) -> Option<Self> {
        let size = matrix.nrows();
        let columns = matrix.as_mut_slice();
        for at in 0..size {
            let (before, rest) = columns.split_at_mut(at * size);
            rest[..at].fill(0.0);
            let column = &mut rest[at..size];
            // Each earlier column from this row down, times minus its entry in this row.
            add_columns(column, at, |index| (&before[index * size + at..][..size - at], -before[index * size + at]));
            let pivot = column[0];
            if pivot.is_nan() || pivot <= 0.0 || pivot.is_infinite() {
                return None;
            }
            let root = pivot.sqrt();
            column.iter_mut().for_each(|entry| *entry /= root);
        }
        Some(Self { lower: matrix })
    }

    /// x with Ax = b.
    pub(crate) fn solve(&self, right: &DVector<f64>) -> DVector<f64> {
        let mut solution = right.clone();
        let entries = solution.as_mut_slice();
        for at in 0..entries.len() {
            let column = self.column(at);
            let (head, rest) = entries[at..].split_at_mut(1);
            head[0] /= column[0];
            rest.iter_mut().zip(&column[1..]).for_each(|(entry, factor)| *entry -= head[0] * factor);
        }
        for at in (0..entries.len()).rev() {
            let column = self.column(at);
            let known = dot(&column[1..], &entries[at + 1..]);
            entries[at] = (entries[at] - known) / column[0];
        }
        solution
    }

    /// A⁻¹, both triangles: L⁻ᵀL⁻¹.
    pub(crate) fn inverse(&self) -> DMatrix<f64> {
        let size = self.lower.nrows();
        // L⁻¹ from its last column to its first: each is a product of those behind it.
        let mut roots = DMatrix::<f64>::zeros(size, size);
        for at in (0..size).rev() {
            let own = self.column(at);
            let (before, after) = roots.as_mut_slice().split_at_mut((at + 1) * size);
            let column = &mut before[at * size + at..];
            let scale = 1.0 / own[0];
            column[0] = scale;
            let behind = size - at - 1;
            // Above their diagonals the columns are zero, so that whole ones may be added from the same row on.
            add_columns_below(&mut column[1..], behind, |index| {
                (&after[index * size + at + 1..][..behind], -scale * own[index + 1])
            });
        }
        let mut inverse = DMatrix::zeros(size, size);
        for column in 0..size {
            for row in column..size {
                let of = |index: usize| &roots.as_slice()[index * size + row..(index + 1) * size];
                let entry = dot(of(column), of(row));
                inverse[(row, column)] = entry;
                inverse[(column, row)] = entry;
            }
        }
        inverse
    }

    /// From the diagonal down.
    fn column(&self, at: usize) -> &[f64] {
        let size = self.lower.nrows();
        &self.lower.as_slice()[at * size + at..(at + 1) * size]
    }
}

/// Ax for an A that has both triangles, into `product`.
pub(crate) fn multiply(matrix: &DMatrix<f64>, vector: &DVector<f64>, product: &mut DVector<f64>) {
    let size = matrix.nrows();
    product.fill(0.0);
    add_columns(product.as_mut_slice(), size, |index| (&matrix.as_slice()[index * size..][..size], vector[index]));
}

/// Adds `count` columns to `sum`, each times its factor.
#[inline]
fn add_columns<'a>(sum: &mut [f64], count: usize, column: impl Fn(usize) -> (&'a [f64], f64)) {
    let mut at = 0;
    while at + 4 <= count {
        add_four(sum, [column(at), column(at + 1), column(at + 2), column(at + 3)]);
        at += 4;
    }
    while at < count {
        add_one(sum, column(at));
        at += 1;
    }
}

/// As [`add_columns`], where the column with number n is zero in its first n rows.
#[inline]
fn add_columns_below<'a>(sum: &mut [f64], count: usize, column: impl Fn(usize) -> (&'a [f64], f64)) {
    let mut at = 0;
    while at + 4 <= count {
        let of = |index: usize| {
            let (entries, factor) = column(index);
            (&entries[at..], factor)
        };
        add_four(&mut sum[at..], [of(at), of(at + 1), of(at + 2), of(at + 3)]);
        at += 4;
    }
    while at < count {
        let (entries, factor) = column(at);
        add_one(&mut sum[at..], (&entries[at..], factor));
        at += 1;
    }
}

#[inline]
fn add_four(sum: &mut [f64], [(one, a), (two, b), (three, c), (four, d)]: [(&[f64], f64); 4]) {
    let entries = one.iter().zip(two).zip(three).zip(four);
    for (sum, (((one, two), three), four)) in sum.iter_mut().zip(entries) {
        *sum += (a * one + b * two) + (c * three + d * four);
    }
}

#[inline]
fn add_one(sum: &mut [f64], (column, factor): (&[f64], f64)) {
    sum.iter_mut().zip(column).for_each(|(sum, entry)| *sum += factor * entry);
}

/// Σ aᵢbᵢ.
pub(crate) fn dot(one: &[f64], other: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (one_rows, one_rest) = one.as_chunks::<LANES>();
    let (other_rows, other_rest) = other.as_chunks::<LANES>();
    for (one, other) in one_rows.iter().zip(other_rows) {
        for lane in 0..LANES {
            lanes[lane] += one[lane] * other[lane];
        }
    }
    let rest: f64 = one_rest.iter().zip(other_rest).map(|(one, other)| one * other).sum();
    add_up(lanes) + rest
}

/// Σ aᵢ.
pub(crate) fn sum(entries: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (rows, rest) = entries.as_chunks::<LANES>();
    for row in rows {
        for lane in 0..LANES {
            lanes[lane] += row[lane];
        }
    }
    add_up(lanes) + rest.iter().sum::<f64>()
}

fn add_up(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive definite, of no particular structure.
    fn matrix(size: usize) -> DMatrix<f64> {
        let entry = |row: usize, column: usize| ((row * 7 + column * 13 + row * column) % 11) as f64 - 5.0;
        let root = DMatrix::from_fn(size, size, entry);
        &root * root.transpose() + DMatrix::identity(size, size)
    }

    #[test]
    fn factors_solve_and_invert_at_every_remainder_of_the_unrolled_loops() {
        for size in (1..=13).chain([40, 67]) {
            let matrix = matrix(size);
            let mut lower = matrix.clone();
            lower.fill_upper_triangle(f64::NAN, 1);
            let factor = Factor::new(lower).expect("positive definite");
            let inverse = factor.inverse();
            assert!((&matrix * &inverse - DMatrix::identity(size, size)).amax() < 1e-9, "{size}");
            assert_eq!(inverse, inverse.transpose());
            let right = DVector::from_fn(size, |row, _| row as f64 - 2.5);
            assert!((&matrix * factor.solve(&right) - &right).amax() < 1e-9, "{size}");
            let mut product = DVector::zeros(size);
            multiply(&matrix, &right, &mut product);
            assert!((product - &matrix * right).amax() < 1e-9, "{size}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        assert!(Factor::new(DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 4.0])).is_none());
        assert!(Factor::new(DMatrix::from_row_slice(2, 2, &[1.0, f64::NAN, f64::NAN, 1.0])).is_none());
        assert!(Factor::new(DMatrix::from_row_slice(1, 1, &[-1.0])).is_none());
    }
}
