-- The first schema. Its twin for PostgreSQL has the same tables and columns; only the column types differ.
--
-- Ids of 16 bytes are made by the application: from content where there is content, else from time and randomness.
-- Votes are append-only: an undo is a row in vote_withdrawal, never a change.

-- Secrets of this installation, shared by all servers on one database.
CREATE TABLE instance_secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- One row for every file that added something.
CREATE TABLE import (
    id          BLOB NOT NULL PRIMARY KEY,
    file_name   TEXT NOT NULL,
    format      TEXT NOT NULL,
    added       INTEGER NOT NULL,
    rejected    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL            -- milliseconds since 1970, UTC, as every *_at column
) STRICT;

CREATE TABLE arena (
    id          INTEGER NOT NULL PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    task        TEXT NOT NULL CHECK (task IN ('text', 'image', 'image_edit', 'video')),
    description TEXT NOT NULL,
    license     TEXT
) STRICT;

CREATE TABLE contestant (
    id       INTEGER NOT NULL PRIMARY KEY,
    arena_id INTEGER NOT NULL REFERENCES arena (id),
    slug     TEXT NOT NULL,
    name     TEXT NOT NULL,
    details  TEXT NOT NULL,                 -- JSON: kind, description, weights, sampler, system prompt
    UNIQUE (arena_id, slug)
) STRICT;

CREATE TABLE prompt (
    id       BLOB NOT NULL PRIMARY KEY,
    arena_id INTEGER NOT NULL REFERENCES arena (id),
    body     TEXT NOT NULL,
    category TEXT
) STRICT;

CREATE TABLE generation (
    id            BLOB NOT NULL PRIMARY KEY,
    arena_id      INTEGER NOT NULL REFERENCES arena (id),
    contestant_id INTEGER NOT NULL REFERENCES contestant (id),
    prompt_id     BLOB NOT NULL REFERENCES prompt (id),
    body          TEXT NOT NULL,
    details       TEXT NOT NULL             -- JSON: seed, tokens, finish
) STRICT;
CREATE INDEX generation_by_arena ON generation (arena_id, prompt_id);

-- A battle is stored with its answer: the primary key is what makes a ticket work once.
CREATE TABLE battle (
    id                  BLOB NOT NULL PRIMARY KEY,
    arena_id            INTEGER NOT NULL REFERENCES arena (id),
    prompt_id           BLOB REFERENCES prompt (id),
    left_contestant_id  INTEGER NOT NULL REFERENCES contestant (id),
    right_contestant_id INTEGER NOT NULL REFERENCES contestant (id),
    left_generation_id  BLOB REFERENCES generation (id),
    right_generation_id BLOB REFERENCES generation (id),
    probability         REAL,               -- with which this pair was drawn, both orders together; NULL when imported
    skipped_by          BLOB,               -- the voter who left it unanswered
    import_id           BLOB REFERENCES import (id),
    recorded_at         INTEGER NOT NULL,
    CHECK (left_contestant_id <> right_contestant_id)
) STRICT;
CREATE INDEX battle_by_skipper ON battle (skipped_by, arena_id) WHERE skipped_by IS NOT NULL;

CREATE TABLE vote (
    id          BLOB NOT NULL PRIMARY KEY,  -- time-ordered: the order of the log
    arena_id    INTEGER NOT NULL REFERENCES arena (id),
    battle_id   BLOB NOT NULL REFERENCES battle (id),
    voter_id    BLOB NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('left', 'right', 'tie', 'both_bad')),
    cast_at     INTEGER,                    -- NULL when an imported file does not say
    recorded_at INTEGER NOT NULL,
    import_id   BLOB REFERENCES import (id),
    anonymous   INTEGER,                    -- whether the voter could not see the names; NULL when not known
    leaf_hash   BLOB NOT NULL,              -- RFC 6962 leaf hash of the vote without personal data
    UNIQUE (battle_id, voter_id)
) STRICT;
CREATE INDEX vote_by_arena ON vote (arena_id, id);
CREATE INDEX vote_by_voter ON vote (voter_id, id);

CREATE TABLE vote_withdrawal (
    id          BLOB NOT NULL PRIMARY KEY,
    vote_id     BLOB NOT NULL UNIQUE REFERENCES vote (id),
    arena_id    INTEGER NOT NULL REFERENCES arena (id),
    recorded_at INTEGER NOT NULL,
    leaf_hash   BLOB NOT NULL
) STRICT;
CREATE INDEX vote_withdrawal_by_arena ON vote_withdrawal (arena_id, id);
