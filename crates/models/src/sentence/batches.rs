/// Padded tokens of a batch at most: on two cores larger batches are no faster, and attention's memory grows with them.
const MOST_PADDED: usize = 4_096;

/// Texts that are computed together: sorted by length, so that little is padding. Each index is in exactly one batch.
pub(super) fn by_length(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| lengths[*index]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        match batches.last_mut() {
            // The newest is the longest: all are padded to it.
            Some(batch) if (batch.len() + 1) * lengths[index] <= MOST_PADDED => batch.push(index),
            _ => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_one_batch_that_fits_and_neighbours_are_of_similar_length() {
        let lengths: Vec<usize> = (0..400).map(|place| 2 + place * 97 % 255).collect();
        let batches = by_length(&lengths);
        let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        let padded: usize = batches
            .iter()
            .map(|batch| {
                let longest = batch.iter().map(|index| lengths[*index]).max().unwrap();
                assert!(longest * batch.len() <= MOST_PADDED);
                longest * batch.len()
            })
            .sum();
        let tokens: usize = lengths.iter().sum();
        assert!(padded < tokens * 6 / 5, "{padded} positions for {tokens} tokens");
    }
}
