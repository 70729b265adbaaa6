-- The first schema. Its twin for SQLite has the same tables and columns; only the column types differ.
--
-- Ids of 16 bytes are made by the application: from content where there is content, else from time and randomness.
-- Votes are append-only: an undo is a row in vote_withdrawal, never a change.

-- Secrets of this installation, shared by all servers on one database.
CREATE TABLE instance_secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- One row for every file that added something.
CREATE TABLE import (
    id          BYTEA NOT NULL PRIMARY KEY,
    file_name   TEXT NOT NULL,
    format      TEXT NOT NULL,
    added       BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL            -- milliseconds since 1970, UTC, as every *_at column
);

CREATE TABLE arena (
    id          BIGINT NOT NULL PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    task        TEXT NOT NULL CHECK (task IN ('text', 'image', 'image_edit', 'video')),
    description TEXT NOT NULL,
    license     TEXT
);

CREATE TABLE contestant (
    id       BIGINT NOT NULL PRIMARY KEY,
    arena_id BIGINT NOT NULL REFERENCES arena (id),
    slug     TEXT NOT NULL,
    name     TEXT NOT NULL,
    details  TEXT NOT NULL,                 -- JSON: kind, description, weights, sampler, system prompt
    UNIQUE (arena_id, slug)
);

CREATE TABLE prompt (
    id       BYTEA NOT NULL PRIMARY KEY,
    arena_id BIGINT NOT NULL REFERENCES arena (id),
    body     TEXT NOT NULL,
    category TEXT
);

CREATE TABLE generation (
    id            BYTEA NOT NULL PRIMARY KEY,
    arena_id      BIGINT NOT NULL REFERENCES arena (id),
    contestant_id BIGINT NOT NULL REFERENCES contestant (id),
    prompt_id     BYTEA NOT NULL REFERENCES prompt (id),
    body          TEXT NOT NULL,
    details       TEXT NOT NULL             -- JSON: seed, tokens, finish
);
CREATE INDEX generation_by_arena ON generation (arena_id, prompt_id);

-- A battle is stored with its answer: the primary key is what makes a ticket work once.
CREATE TABLE battle (
    id                  BYTEA NOT NULL PRIMARY KEY,
    arena_id            BIGINT NOT NULL REFERENCES arena (id),
    prompt_id           BYTEA REFERENCES prompt (id),
    left_contestant_id  BIGINT NOT NULL REFERENCES contestant (id),
    right_contestant_id BIGINT NOT NULL REFERENCES contestant (id),
    left_generation_id  BYTEA REFERENCES generation (id),
    right_generation_id BYTEA REFERENCES generation (id),
    probability         DOUBLE PRECISION,               -- with which this pair was drawn, both orders together; NULL when imported
    skipped_by          BYTEA,               -- the voter who left it unanswered
    import_id           BYTEA REFERENCES import (id),
    recorded_at         BIGINT NOT NULL,
    CHECK (left_contestant_id <> right_contestant_id)
);
CREATE INDEX battle_by_skipper ON battle (skipped_by, arena_id) WHERE skipped_by IS NOT NULL;

CREATE TABLE vote (
    id          BYTEA NOT NULL PRIMARY KEY,  -- time-ordered: the order of the log
    arena_id    BIGINT NOT NULL REFERENCES arena (id),
    battle_id   BYTEA NOT NULL REFERENCES battle (id),
    voter_id    BYTEA NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('left', 'right', 'tie', 'both_bad')),
    cast_at     BIGINT,                    -- NULL when an imported file does not say
    recorded_at BIGINT NOT NULL,
    import_id   BYTEA REFERENCES import (id),
    anonymous   BOOLEAN,                    -- whether the voter could not see the names; NULL when not known
    leaf_hash   BYTEA NOT NULL,              -- RFC 6962 leaf hash of the vote without personal data
    UNIQUE (battle_id, voter_id)
);
CREATE INDEX vote_by_arena ON vote (arena_id, id);
CREATE INDEX vote_by_voter ON vote (voter_id, id);

CREATE TABLE vote_withdrawal (
    id          BYTEA NOT NULL PRIMARY KEY,
    vote_id     BYTEA NOT NULL UNIQUE REFERENCES vote (id),
    arena_id    BIGINT NOT NULL REFERENCES arena (id),
    recorded_at BIGINT NOT NULL,
    leaf_hash   BYTEA NOT NULL
);
CREATE INDEX vote_withdrawal_by_arena ON vote_withdrawal (arena_id, id);
