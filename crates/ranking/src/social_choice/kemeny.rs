use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::{Tournament, borda};

/// Up to so many contestants in a circle of majorities, the best order is found by going through all sets of them: a
/// million steps.
const MOST_EXACT: usize = 16;

/// Times that a larger circle is searched anew, and what bounds it where contestants are many.
const ROUNDS: u64 = 400;
const MOST_STEPS: u64 = 400_000_000;

/// An order of all contestants and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Kemeny {
    /// Contestants with battles by their numbers in the counts, the best first.
    pub order: Vec<u32>,
    /// Votes that the order contradicts, ties as half.
    pub disagreements: f64,
    /// No order contradicts fewer votes than this.
    pub lower_bound: f64,
    /// Whether the order is proved to contradict the fewest votes.
    pub is_optimal: bool,
}

/// The order that contradicts the fewest votes.
///
/// Contestants are split into groups such that everybody in an earlier group beats everybody in a later one by a majority:
/// the best order goes through the groups one by one (the extended Condorcet criterion). Within a group of up to 16 the
/// best order is found exactly, over all sets; within a larger one by moving single contestants until no move helps, from
/// Borda's order on and then from the best order with some contestants thrown about, many times (always the same ones), and
/// the lower bound says how far from the best it can be at most. The bound counts, for each
/// pair, the smaller number of votes, and what a set of circles without a common pair costs in addition. Where several
/// orders are equally good, the one nearest to Borda's is taken.
///
/// Sources: J. G. Kemeny, *Mathematics without Numbers* (1959); M. Truchon, *An Extension of the Condorcet Criterion and
/// Kemeny Orders* (1998).
///
/// ```
/// use plaudit_domain::Outcome;
/// use plaudit_ranking::{PairCounts, Tournament, kemeny};
///
/// // A circle that has to be cut somewhere: the weakest majority is the one to contradict.
/// let mut counts = PairCounts::new(3);
/// for (winner, loser, wins) in [(0, 1, 9), (1, 2, 8), (2, 0, 6)] {
///     counts.add(winner, loser, Outcome::Left, wins)?;
///     counts.add(winner, loser, Outcome::Right, 10 - wins)?;
/// }
/// let best = kemeny(&Tournament::new(&counts));
/// assert_eq!((best.order.as_slice(), best.disagreements, best.is_optimal), ([0, 1, 2].as_slice(), 9.0, true));
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn kemeny(tournament: &Tournament) -> Kemeny {
    let size = tournament.size();
    let scores: Vec<f64> = borda(tournament).into_iter().flatten().collect();
    let mut nodes: Vec<usize> = (0..size).collect();
    nodes.sort_by(|&one, &other| scores[other].total_cmp(&scores[one]).then(one.cmp(&other)));
    let (mut order, mut is_optimal, mut lower_bound) = (Vec::with_capacity(size), true, 0.0);
    for group in groups(tournament, &nodes) {
        let best = if group.len() <= MOST_EXACT {
            let best = exact(tournament, &group);
            lower_bound += cost(tournament, &best);
            best
        } else {
            let best = searched(tournament, group);
            let bound = bound(tournament, &best);
            is_optimal &= cost(tournament, &best) <= bound;
            lower_bound += bound;
            best
        };
        order.extend(best);
    }
    let disagreements = cost(tournament, &order);
    // What lies between two groups costs the same in every order that goes through them.
    let within = lower_bound;
    let between = disagreements - within_groups(tournament, &order, &nodes);
    Kemeny {
        order: order.into_iter().map(|place| tournament.index(place)).collect(),
        disagreements,
        lower_bound: between + within,
        is_optimal,
    }
}

/// Votes that an order contradicts.
fn cost(tournament: &Tournament, order: &[usize]) -> f64 {
    let against = |(at, &upper): (usize, &usize)| {
        order[at + 1..].iter().map(move |&lower| tournament.votes(lower, upper)).sum::<f64>()
    };
    order.iter().enumerate().map(against).sum()
}

fn within_groups(tournament: &Tournament, order: &[usize], nodes: &[usize]) -> f64 {
    let groups = groups(tournament, nodes);
    let mut at = 0;
    let mut sum = 0.0;
    for group in groups {
        sum += cost(tournament, &order[at..at + group.len()]);
        at += group.len();
    }
    sum
}

/// Strongly connected groups of "does not lose to", the unbeaten one first; each keeps the order of `nodes`.
fn groups(tournament: &Tournament, nodes: &[usize]) -> Vec<Vec<usize>> {
    let holds = |row: usize, column: usize| tournament.votes(row, column) >= tournament.votes(column, row);
    // Sorted by how many one does not lose to, a group ends where all inside beat all outside.
    let mut sorted = nodes.to_vec();
    let held = |row: usize| nodes.iter().filter(|&&column| column != row && holds(row, column)).count();
    let counts: Vec<(usize, usize)> = sorted.iter().map(|&node| (held(node), node)).collect();
    sorted.sort_by_key(|node| {
        std::cmp::Reverse(counts.iter().find(|(_, known)| known == node).map_or(0, |(count, _)| *count))
    });
    let (mut groups, mut from) = (Vec::new(), 0);
    for end in 1..=sorted.len() {
        let (inside, outside) = (&sorted[from..end], &sorted[end..]);
        if inside.iter().all(|&row| outside.iter().all(|&column| !holds(column, row))) {
            let mut group: Vec<usize> = nodes.iter().copied().filter(|node| inside.contains(node)).collect();
            group.shrink_to_fit();
            groups.push(group);
            from = end;
        }
    }
    groups
}

/// The best order of a set is its best last member behind the best order of the others.
fn exact(tournament: &Tournament, group: &[usize]) -> Vec<usize> {
    let size = group.len();
    let mut best = vec![(0.0_f64, 0_u8); 1 << size];
    for set in 1_usize..1 << size {
        let mut found = (f64::INFINITY, 0);
        // Backwards, so that of equally good ones the lowest stays last.
        for last in (0..size).rev().filter(|member| set >> member & 1 == 1) {
            let rest = set & !(1 << last);
            let against: f64 = (0..size)
                .filter(|member| rest >> member & 1 == 1)
                .map(|upper| tournament.votes(group[last], group[upper]))
                .sum();
            let whole = best[rest].0 + against;
            if whole < found.0 - 1e-9 {
                found = (whole, last as u8);
            }
        }
        best[set] = found;
    }
    let mut order = Vec::with_capacity(size);
    let mut set = (1_usize << size) - 1;
    while set > 0 {
        let last = usize::from(best[set].1);
        order.push(group[last]);
        set &= !(1 << last);
    }
    order.reverse();
    order
}

/// Local search, again and again from the best order so far with a few contestants somewhere else.
fn searched(tournament: &Tournament, group: Vec<usize>) -> Vec<usize> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut best = local(tournament, group);
    let mut least = cost(tournament, &best);
    let size = best.len() as u64;
    for _ in 0..ROUNDS.min(MOST_STEPS / size.pow(3)) {
        let mut order = best.clone();
        for _ in 0..3 + size / 20 {
            let node = order.remove((random.next_u64() % size) as usize);
            order.insert((random.next_u64() % size) as usize, node);
        }
        let order = local(tournament, order);
        let reached = cost(tournament, &order);
        if reached < least - 1e-9 {
            (best, least) = (order, reached);
        }
    }
    best
}

/// Moves single contestants to their best places until no move helps.
fn local(tournament: &Tournament, mut order: Vec<usize>) -> Vec<usize> {
    // Each round lowers the cost by half a vote at least, so it ends; the limit is for absurd counts.
    for _ in 0..order.len() * 100 {
        let mut improved = false;
        for from in 0..order.len() {
            let node = order[from];
            let mut best = (0.0, from);
            for (towards_front, places) in [(true, from), (false, order.len() - 1 - from)] {
                let mut change = 0.0;
                for distance in 1..=places {
                    let to = if towards_front { from - distance } else { from + distance };
                    let other = order[to];
                    let (gained, lost) = (tournament.votes(node, other), tournament.votes(other, node));
                    change += if towards_front { lost - gained } else { gained - lost };
                    if change < best.0 - 1e-9 {
                        best = (change, to);
                    }
                }
            }
            if best.1 != from {
                order.remove(from);
                order.insert(best.1, node);
                improved = true;
            }
        }
        if !improved {
            break;
        }
    }
    order
}

/// The smaller number of votes of each pair; and for circles of three that share no pair, the smallest majority in each.
fn bound(tournament: &Tournament, group: &[usize]) -> f64 {
    let size = group.len();
    let mut sum = 0.0;
    for (at, &one) in group.iter().enumerate() {
        for &other in &group[at + 1..] {
            sum += tournament.votes(one, other).min(tournament.votes(other, one));
        }
    }
    // What is left of each majority that no circle has used yet.
    let mut left = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..size {
            let lead = tournament.votes(group[row], group[column]) - tournament.votes(group[column], group[row]);
            left[row * size + column] = lead.max(0.0);
        }
    }
    for first in 0..size {
        for second in 0..size {
            for third in 0..size {
                let arcs = [first * size + second, second * size + third, third * size + first];
                let smallest = arcs.iter().map(|arc| left[*arc]).fold(f64::INFINITY, f64::min);
                if smallest > 0.0 {
                    sum += smallest;
                    arcs.iter().for_each(|arc| left[*arc] -= smallest);
                }
            }
        }
    }
    sum
}
