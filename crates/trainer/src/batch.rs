use serde::{Deserialize, Serialize};

use crate::{Document, Error, Vocabulary, random::Random};

/// System messages of which a document now and then gets one, so that the model has seen where they stand.
const SYSTEM: [&str; 6] = [
    "You are a helpful assistant.",
    "You are kind and cheerful.",
    "Answer in a few short and simple sentences.",
    "You are a playful storyteller.",
    "You love animals and surprises.",
    "Be brief, friendly and polite.",
];

/// The chance of a system message.
const SYSTEM_CHANCE: f64 = 0.15;

/// Rows of tokens, each filled with whole documents. All lists have `rows · positions` entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Number of rows.
    pub rows: usize,
    /// Tokens in a row.
    pub positions: usize,
    /// What the model reads.
    pub inputs: Vec<i32>,
    /// What it should say next.
    pub targets: Vec<i32>,
    /// 1 where that counts: in answers.
    pub weights: Vec<f32>,
    /// Which document of the row a token belongs to; attention stays within it.
    pub documents: Vec<i32>,
}

/// A document as tokens, and the length of what comes before its answer.
#[derive(Debug, Clone)]
struct Tokens {
    ids: Vec<u32>,
    asked: usize,
}

impl Tokens {
    fn new(vocabulary: &Vocabulary, document: &Document, system: Option<&str>) -> Result<Self, Error> {
        let mut ids = vocabulary.ask(system, &document.prompt)?;
        let asked = ids.len();
        ids.extend(vocabulary.encode(&document.answer)?);
        ids.push(0);
        Ok(Self { ids, asked })
    }
}

impl Batch {
    /// A batch of no tokens yet.
    fn empty(positions: usize) -> Self {
        Self { rows: 0, positions, inputs: vec![], targets: vec![], weights: vec![], documents: vec![] }
    }

    /// One row that asks for the continuation of these tokens.
    pub fn of(tokens: &[u32]) -> Self {
        let inputs: Vec<i32> = tokens.iter().map(|token| *token as i32).collect();
        let zeros = vec![0; tokens.len()];
        let weights = vec![0.0; tokens.len()];
        Self { rows: 1, positions: tokens.len(), targets: zeros.clone(), documents: zeros, inputs, weights }
    }

    /// All documents in as many batches of `rows` rows as it takes.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn all(
        vocabulary: &Vocabulary,
        documents: &[Document],
        rows: usize,
        positions: usize,
    ) -> Result<Vec<Self>, Error> {
        let tokens: Vec<Tokens> =
            documents.iter().map(|document| Tokens::new(vocabulary, document, None)).collect::<Result<_, _>>()?;
        let order: Vec<usize> = (0..tokens.len()).collect();
        Ok(packed(&order, &tokens, positions).chunks(rows).map(|chunk| Self::join(chunk, positions)).collect())
    }

    /// Tokens that count.
    pub fn counted(&self) -> f32 {
        self.weights.iter().sum::<f32>().max(1.0)
    }

    /// The same rows in batches of at most so many.
    pub fn split(&self, rows: usize) -> Vec<Self> {
        let chunk = (rows * self.positions).max(1);
        let starts = (0..self.inputs.len()).step_by(chunk);
        let part = |start: usize| {
            let range = start..(start + chunk).min(self.inputs.len());
            Self {
                rows: range.len() / self.positions,
                positions: self.positions,
                inputs: self.inputs[range.clone()].to_vec(),
                targets: self.targets[range.clone()].to_vec(),
                weights: self.weights[range.clone()].to_vec(),
                documents: self.documents[range].to_vec(),
            }
        };
        starts.map(part).collect()
    }

    fn join(rows: &[Self], positions: usize) -> Self {
        let mut batch = Self::empty(positions);
        for row in rows {
            batch.rows += row.rows;
            batch.inputs.extend(&row.inputs);
            batch.targets.extend(&row.targets);
            batch.weights.extend(&row.weights);
            batch.documents.extend(&row.documents);
        }
        batch
    }

    /// Puts a document behind what the row has; gives false where it does not fit.
    fn push(&mut self, tokens: &Tokens) -> bool {
        let used = self.inputs.len();
        let count = (tokens.ids.len() - 1).min(self.positions);
        if used + count > self.positions {
            return false;
        }
        let document = self.documents.last().map_or(1, |last| last + 1);
        self.inputs.extend(tokens.ids[..count].iter().map(|id| *id as i32));
        self.targets.extend(tokens.ids[1..=count].iter().map(|id| *id as i32));
        self.weights.extend((1..=count).map(|at| if at >= tokens.asked { 1.0 } else { 0.0 }));
        self.documents.extend(std::iter::repeat_n(document, count));
        true
    }

    fn close(mut self) -> Self {
        self.rows = 1;
        for list in [&mut self.inputs, &mut self.targets, &mut self.documents] {
            list.resize(self.positions, 0);
        }
        self.weights.resize(self.positions, 0.0);
        self
    }
}

/// Fills row after row in this order; a document that does not fit begins the next one.
fn packed(order: &[usize], tokens: &[Tokens], positions: usize) -> Vec<Batch> {
    let mut rows = Vec::new();
    let mut row = Batch::empty(positions);
    for index in order {
        if !row.push(&tokens[*index]) {
            rows.push(std::mem::replace(&mut row, Batch::empty(positions)).close());
            row.push(&tokens[*index]);
        }
    }
    if !row.inputs.is_empty() {
        rows.push(row.close());
    }
    rows
}

/// How far training has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Times that all documents were read.
    pub epoch: u64,
    /// Rows of this epoch that were read.
    pub row: usize,
}

/// The documents, in a new order each time they are read. Where it stands is all that has to be saved: an epoch's
/// order comes from the seed and the epoch's number.
pub struct Order {
    seed: u64,
    positions: usize,
    plain: Vec<Tokens>,
    vocabulary: Vocabulary,
    documents: Vec<Document>,
    rows: Vec<Batch>,
    at: Position,
}

impl Order {
    /// Starts, or goes on, at this position.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn new(
        vocabulary: Vocabulary,
        documents: Vec<Document>,
        positions: usize,
        seed: u64,
        at: Position,
    ) -> Result<Self, Error> {
        let plain = documents.iter().map(|document| Tokens::new(&vocabulary, document, None));
        let plain = plain.collect::<Result<_, Error>>()?;
        let mut order = Self { seed, positions, plain, vocabulary, documents, rows: Vec::new(), at };
        order.lay_out()?;
        Ok(order)
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.at
    }

    /// Tokens of all documents, each counted once.
    pub fn tokens(&self) -> usize {
        self.plain.iter().map(|tokens| tokens.ids.len()).sum()
    }

    /// The next rows. A batch may hold the end of one epoch and the beginning of the next.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn next(&mut self, rows: usize) -> Result<Batch, Error> {
        let mut chosen = Vec::with_capacity(rows);
        while chosen.len() < rows {
            if self.at.row == self.rows.len() {
                self.at = Position { epoch: self.at.epoch + 1, row: 0 };
                self.lay_out()?;
            }
            chosen.push(self.rows[self.at.row].clone());
            self.at.row += 1;
        }
        Ok(Batch::join(&chosen, self.positions))
    }

    fn lay_out(&mut self) -> Result<(), Error> {
        let mut random = Random::new(self.seed, 2 + self.at.epoch);
        let mut order: Vec<usize> = (0..self.plain.len()).collect();
        random.shuffle(&mut order);
        let mut tokens = self.plain.clone();
        for (tokens, document) in tokens.iter_mut().zip(&self.documents) {
            if random.unit() < SYSTEM_CHANCE {
                *tokens = Tokens::new(&self.vocabulary, document, Some(SYSTEM[random.below(SYSTEM.len())]))?;
            }
        }
        self.rows = packed(&order, &tokens, self.positions);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_whole_documents_and_count_answers_alone() {
        let tokens = [Tokens { ids: vec![2, 9, 3, 7, 8, 0], asked: 3 }, Tokens { ids: vec![2, 3, 6, 0], asked: 2 }];
        let rows = packed(&[0, 1, 0], &tokens, 9);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].inputs, [2, 9, 3, 7, 8, 2, 3, 6, 0]);
        assert_eq!(rows[0].targets, [9, 3, 7, 8, 0, 3, 6, 0, 0]);
        assert_eq!(rows[0].weights, [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(rows[0].documents, [1, 1, 1, 1, 1, 2, 2, 2, 0]);
    }
}
