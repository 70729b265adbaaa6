-- Judges: automated voters on the same battles. Its twin for PostgreSQL has the same tables and columns; only the
-- column types differ.

-- One row for every version of a judge: judgments of two versions never mix.
CREATE TABLE judge (
    id          INTEGER NOT NULL PRIMARY KEY, -- a hash of slug and version
    slug        TEXT NOT NULL,
    version     TEXT NOT NULL,
    name        TEXT NOT NULL,
    details     TEXT NOT NULL,                -- JSON: kind, description, where it runs, what it costs
    recorded_at INTEGER NOT NULL,
    UNIQUE (slug, version)
) STRICT;

-- What a judge said of two generations for one prompt, in the order in which they were put to it. Every battle of these two
-- has this judgment. Append-only: a failed judgment may be tried again, and then the last attempt counts.
CREATE TABLE judgment (
    id                  BLOB NOT NULL PRIMARY KEY, -- time-ordered
    arena_id            INTEGER NOT NULL REFERENCES arena (id),
    judge_id            INTEGER NOT NULL REFERENCES judge (id),
    left_generation_id  BLOB NOT NULL REFERENCES generation (id),
    right_generation_id BLOB NOT NULL REFERENCES generation (id),
    attempt             INTEGER NOT NULL,
    -- equal: a tie that does not say whether both are good or bad. none: no answer; details say why.
    answer              TEXT NOT NULL CHECK (answer IN ('left', 'right', 'tie', 'both_bad', 'equal', 'none')),
    details             TEXT NOT NULL,             -- JSON: scores, confidence, rationale, failure, cost, who made it
    recorded_at         INTEGER NOT NULL,
    UNIQUE (judge_id, left_generation_id, right_generation_id, attempt)
) STRICT;
CREATE INDEX judgment_by_arena ON judgment (arena_id, id);
CREATE INDEX judgment_by_pair ON judgment (left_generation_id, right_generation_id);

-- What was handed in again with another content and not taken: counted and shown.
CREATE TABLE judgment_conflict (
    id                  BLOB NOT NULL PRIMARY KEY,
    arena_id            INTEGER NOT NULL REFERENCES arena (id),
    judge_id            INTEGER NOT NULL REFERENCES judge (id),
    left_generation_id  BLOB NOT NULL,
    right_generation_id BLOB NOT NULL,
    answer              TEXT NOT NULL,
    recorded_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX judgment_conflict_by_arena ON judgment_conflict (arena_id, judge_id);

-- The right to hand in a judge's judgments. Only the token's hash is kept.
CREATE TABLE judge_token (
    token_hash  BLOB NOT NULL PRIMARY KEY,
    judge_id    INTEGER NOT NULL REFERENCES judge (id),
    recorded_at INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;
