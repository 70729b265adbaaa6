//! From resampled values to intervals.

use plaudit_ranking::Multinomial;

use crate::{Figure, Options, estimate::Measure};

/// Draws cells of these counts anew and gives the figure of each measure, with the percentiles of its resampled values.
///
/// `measure` reads how often each cell was drawn; its values at the observed counts are the figures'.
pub(crate) fn bootstrap<const N: usize>(
    counts: &[u64],
    options: &Options,
    mut measure: impl FnMut(&[f64]) -> [Measure; N],
) -> [Figure; N] {
    let observed = measure(&counts.iter().map(|&count| count as f64).collect::<Vec<f64>>());
    if observed.iter().all(|measure| measure.value.is_err()) {
        return observed.map(|measure| measure.figure(&mut [], options.level));
    }
    let mut drawn: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(options.resamples as usize));
    let mut cells = Multinomial::new(counts, options.resamples, options.seed);
    for _ in 0..options.resamples {
        for (values, measure) in drawn.iter_mut().zip(measure(cells.draw())) {
            values.extend(measure.value.ok());
        }
    }
    std::array::from_fn(|at| observed[at].figure(&mut drawn[at], options.level))
}
