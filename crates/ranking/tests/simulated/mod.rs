//! Voters made up, and the voters of LLMFAO.
// Each test file takes what it needs.
#![allow(dead_code)]

use plaudit_domain::Outcome;
use plaudit_ranking::PairCounts;

/// SplitMix64 (Steele, Lea and Flood 2014): enough for making up votes and no dependency.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, count: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u32
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Roughly normal: the sum of twelve uniforms.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// So many votes on random pairs, by Bradley-Terry with these strengths.
pub(crate) fn vote_randomly(strengths: &[f64], votes: u32, random: &mut Random) -> PairCounts {
    let count = strengths.len() as u32;
    let mut counts = PairCounts::new(count);
    for _ in 0..votes {
        let left = random.below(count);
        let right = (left + 1 + random.below(count - 1)) % count;
        let chance = 1.0 / (1.0 + (strengths[right as usize] - strengths[left as usize]).exp());
        let outcome = if random.unit() < chance { Outcome::Left } else { Outcome::Right };
        counts.add(left, right, outcome, 1).unwrap();
    }
    counts
}

/// Two camps that see eight contestants in opposite order, two voters in three of the first; and who is of which.
pub(crate) fn two_camps(voters: u32, votes: u32, seed: u64) -> (Vec<PairCounts>, Vec<u32>) {
    let mut random = Random::new(seed);
    let falling: Vec<f64> = (0..8).map(|index| 1.4 - 0.4 * f64::from(index)).collect();
    let rising: Vec<f64> = falling.iter().rev().copied().collect();
    let camps: Vec<u32> = (0..voters).map(|voter| u32::from(voter % 3 == 2)).collect();
    let ballots = camps.iter().map(|camp| {
        let strengths = if *camp == 0 { &falling } else { &rising };
        vote_randomly(strengths, votes, &mut random)
    });
    (ballots.collect(), camps)
}

/// The same votes where contestant i is called `names[i]`.
pub(crate) fn relabelled(counts: &PairCounts, names: &[u32]) -> PairCounts {
    let mut renamed = PairCounts::new(counts.contestants());
    for pair in counts.ordered_pairs() {
        for (outcome, count) in pair.outcomes() {
            renamed.add(names[pair.left as usize], names[pair.right as usize], outcome, count).unwrap();
        }
    }
    renamed
}

/// Agreement of two partitions, corrected for chance: L. Hubert and P. Arabie, *Comparing partitions* (1985).
pub(crate) fn adjusted_rand(one: &[u32], other: &[u32]) -> f64 {
    let pairs = |count: usize| (count * count.saturating_sub(1)) as f64 / 2.0;
    let kinds = |labels: &[u32]| labels.iter().max().map_or(0, |last| *last as usize + 1);
    let mut table = vec![vec![0_usize; kinds(other)]; kinds(one)];
    one.iter().zip(other).for_each(|(one, other)| table[*one as usize][*other as usize] += 1);
    let together: f64 = table.iter().flatten().map(|count| pairs(*count)).sum();
    let rows: f64 = table.iter().map(|row| pairs(row.iter().sum())).sum();
    let columns: f64 = (0..kinds(other)).map(|column| pairs(table.iter().map(|row| row[column]).sum())).sum();
    let expected = rows * columns / pairs(one.len());
    (together - expected) / ((rows + columns) / 2.0 - expected)
}

/// The 124 crowd workers who cast LLMFAO's 8,931 votes over 59 models.
pub(crate) fn llmfao() -> Option<Vec<PairCounts>> {
    let text = crate::shared::read("llmfao/crowd-comparisons.csv")?;
    let (mut models, mut workers) = (Vec::new(), Vec::new());
    let number = |names: &mut Vec<String>, name: &str| {
        names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        })
    };
    let mut votes: Vec<(usize, u32, u32, Outcome)> = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let (left, right) = (number(&mut models, &row[6]) as u32, number(&mut models, &row[7]) as u32);
        votes.push((number(&mut workers, &row[4]), left, right, row[5].parse().unwrap()));
    }
    let mut voters = vec![PairCounts::new(models.len() as u32); workers.len()];
    votes.into_iter().for_each(|(voter, left, right, outcome)| voters[voter].add(left, right, outcome, 1).unwrap());
    Some(voters)
}
