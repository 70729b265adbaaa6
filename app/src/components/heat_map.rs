//! Every pair of the best contestants, as two tables of coloured cells.

use leptos::prelude::*;

use crate::{
    format,
    view_model::{BoardRow, BoardView},
};

/// Contestants shown at most; more would be unreadable.
pub const MOST_CONTESTANTS: usize = 25;
/// Below this many battles a share says little, and its cell is drawn so.
const FEW_BATTLES: u64 = 5;

/// How the contestant of a row fared against the one of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Battles the row's contestant won.
    pub wins: u64,
    /// Battles it lost.
    pub losses: u64,
    /// Ties of both kinds.
    pub ties: u64,
}

impl Cell {
    /// Battles of this pair.
    pub fn battles(self) -> u64 {
        self.wins + self.losses + self.ties
    }

    /// Share of them won by the row's contestant, ties as half; `None` if they never met.
    pub fn share(self) -> Option<f64> {
        let battles = self.battles();
        (battles > 0).then(|| (self.wins as f64 + self.ties as f64 / 2.0) / battles as f64)
    }
}

/// The cells of the first `size` contestants, row by row.
pub fn matrix(board: &BoardView, size: usize) -> Vec<Vec<Cell>> {
    let mut matrix = vec![vec![Cell::default(); size]; size];
    for pair in &board.pairs {
        let (first, second) = (pair.first as usize, pair.second as usize);
        if first < size && second < size && first != second {
            matrix[first][second] = Cell { wins: pair.first_wins, losses: pair.second_wins, ties: pair.ties };
            matrix[second][first] = Cell { wins: pair.second_wins, losses: pair.first_wins, ties: pair.ties };
        }
    }
    matrix
}

/// The colour of a win rate: eleven steps from always lost (0) over even (5) to always won (10).
pub fn heat_bucket(share: f64) -> usize {
    (share.clamp(0.0, 1.0) * 10.0).round() as usize
}

/// The colour of a count: none (0) to the largest on the board (6).
pub fn count_bucket(count: u64, largest: u64) -> usize {
    if count == 0 || largest == 0 {
        return 0;
    }
    (count as f64 / largest as f64 * 6.0).ceil().clamp(1.0, 6.0) as usize
}

const HEAT: [&str; 11] = [
    "heat heat--0",
    "heat heat--1",
    "heat heat--2",
    "heat heat--3",
    "heat heat--4",
    "heat heat--5",
    "heat heat--6",
    "heat heat--7",
    "heat heat--8",
    "heat heat--9",
    "heat heat--10",
];
const COUNT: [&str; 7] = [
    "heat count--0",
    "heat count--1",
    "heat count--2",
    "heat count--3",
    "heat count--4",
    "heat count--5",
    "heat count--6",
];

/// The class of a cell that holds a count, against the largest in its table.
pub fn count_class(count: u64, largest: u64) -> &'static str {
    COUNT[count_bucket(count, largest)]
}

/// Number of contestants that the heat maps of this board show.
pub fn shown(board: &BoardView) -> usize {
    board.rows.iter().take(MOST_CONTESTANTS).take_while(|row| row.battles > 0).count()
}

/// Both heat maps, or nothing while fewer than two contestants met.
pub fn heat_maps(board: &BoardView) -> impl IntoView + use<> {
    let size = shown(board);
    (size > 1).then(|| {
        let cells = matrix(board, size);
        let largest = cells.iter().flatten().map(|cell| cell.battles()).max().unwrap_or(0);
        let rows = &board.rows[..size];
        let more = if size == MOST_CONTESTANTS { " The first 25 contestants are shown." } else { "" };
        view! {
            <section class="heat-maps" aria-labelledby="pairs-heading">
                <h2 id="pairs-heading">"Pair by pair"</h2>
                <p class="muted">"Numbers in the column heads are positions in the ranking above." {more}</p>
                <h3>"Win rate"</h3>
                <p class="muted">
                    "How often the row beats the column, in percent; ties count half. In parentheses: fewer than five battles."
                </p>
                {table(rows, &cells, "Win rate of the row against the column, in percent", &win_rate)}
                <p class="heat-key" aria-hidden="true">
                    "loses " {HEAT.map(|class| view! { <i class=class></i> }).into_iter().collect::<Vec<_>>()} " wins"
                </p>
                <h3>"Battles"</h3>
                {table(rows, &cells, "Number of battles of each pair", &move |cell| battles(cell, largest))}
            </section>
        }
    })
}

/// Class, text and title of one cell.
type Drawn = (&'static str, String, Option<String>);

fn win_rate(cell: Cell) -> Drawn {
    let Some(share) = cell.share() else { return ("heat heat--none", String::new(), None) };
    let few = cell.battles() < FEW_BATTLES;
    let text = format::whole(share * 100.0);
    let text = if few { ["(", &text, ")"].concat() } else { text };
    let title = [
        &format::counted(cell.battles(), "battle", "battles"),
        ": ",
        &format::count(cell.wins),
        " won, ",
        &format::count(cell.losses),
        " lost, ",
        &format::count(cell.ties),
        " tied",
    ]
    .concat();
    (HEAT[heat_bucket(share)], text, Some(title))
}

fn battles(cell: Cell, largest: u64) -> Drawn {
    (count_class(cell.battles(), largest), format::count(cell.battles()), None)
}

fn table(
    rows: &[BoardRow],
    cells: &[Vec<Cell>],
    caption: &'static str,
    draw: &dyn Fn(Cell) -> Drawn,
) -> impl IntoView + use<> {
    let heads = rows.iter().enumerate().map(|(index, row)| {
        view! {
            <th scope="col" title=row.name.clone()>
                <span aria-hidden="true">{(index + 1).to_string()}</span>
                <span class="visually-hidden">{row.name.clone()}</span>
            </th>
        }
    });
    let body = rows.iter().zip(cells).enumerate().map(|(index, (row, cells))| {
        let drawn = cells.iter().enumerate().map(|(column, cell)| {
            let (class, text, title) =
                if column == index { ("heat heat--self", String::new(), None) } else { draw(*cell) };
            view! { <td class=class title=title>{text}</td> }
        });
        view! {
            <tr>
                <th scope="row" title=row.name.clone()>
                    <span class="heat-map__position">{(index + 1).to_string()}</span>
                    <span class="heat-map__name">{row.name.clone()}</span>
                </th>
                {drawn.collect::<Vec<_>>()}
            </tr>
        }
    });
    view! {
        <div class="scroll heat-map-box" tabindex="0" role="region" aria-label=caption>
            <table class="heat-map">
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Contestant"</th>
                        {heads.collect::<Vec<_>>()}
                    </tr>
                </thead>
                <tbody>{body.collect::<Vec<_>>()}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use plaudit_domain::{ContestantKind, ContestantSlug};

    use super::*;
    use crate::view_model::{Method, PairCell, Slice};

    fn board(pairs: Vec<PairCell>, contestants: usize) -> BoardView {
        let rows = (0..contestants).map(|index| BoardRow {
            rank: Some(1),
            slug: ContestantSlug::from_name(&format!("c{index}")),
            name: format!("C{index}"),
            kind: ContestantKind::LanguageModel,
            rating: Some(1000.0),
            lower: None,
            upper: None,
            battles: 3,
            win_rate: Some(0.5),
        });
        BoardView {
            method: Method::Bt,
            slice: Slice::All,
            version: 1,
            votes: 1,
            voters: 1,
            note: None,
            rows: rows.collect(),
            pairs,
        }
    }

    #[test]
    fn a_pair_is_seen_from_both_sides() {
        let pair = PairCell { first: 0, second: 2, first_wins: 3, second_wins: 1, ties: 2 };
        let cells = matrix(&board(vec![pair], 3), 3);
        assert_eq!(cells[0][2], Cell { wins: 3, losses: 1, ties: 2 });
        assert_eq!(cells[2][0], Cell { wins: 1, losses: 3, ties: 2 });
        let (one, other) = (cells[0][2].share().unwrap(), cells[2][0].share().unwrap());
        assert!((one - 4.0 / 6.0).abs() < 1e-12 && (one + other - 1.0).abs() < 1e-12);
        assert_eq!(cells[0][1].share(), None);
    }

    #[test]
    fn pairs_beyond_what_is_shown_are_left_out() {
        let pair = PairCell { first: 0, second: 40, first_wins: 1, second_wins: 0, ties: 0 };
        let board = board(vec![pair], 41);
        assert_eq!(shown(&board), MOST_CONTESTANTS);
        assert!(matrix(&board, shown(&board)).iter().flatten().all(|cell| cell.battles() == 0));
    }

    #[test]
    fn colours_are_symmetric_around_even() {
        for share in [0.0, 0.11, 0.3, 0.5] {
            assert_eq!(heat_bucket(share) + heat_bucket(1.0 - share), 10);
        }
        assert_eq!(heat_bucket(0.5), 5);
        assert_eq!(heat_bucket(f64::INFINITY), 10);
    }

    #[test]
    fn every_count_above_zero_has_a_colour() {
        assert_eq!(count_bucket(0, 10), 0);
        assert_eq!(count_bucket(1, 1_000_000), 1);
        assert_eq!(count_bucket(1_000_000, 1_000_000), 6);
        assert_eq!(count_bucket(0, 0), 0);
    }
}
