-- Battles that a visitor's own browser generates. Its twin for SQLite has the same tables and columns; only the
-- column types differ.

-- Whether a visitor typed it. Such a prompt is never shown to anybody who was not given the battle's address.
ALTER TABLE prompt ADD COLUMN visitor BOOLEAN NOT NULL DEFAULT FALSE;

-- pooled: made by the host or imported, may be drawn for anybody.
-- unchecked: a browser says that it made this; nobody but its maker sees it.
-- verified, refuted: the server made it again from the seed and got the same, or did not.
ALTER TABLE generation ADD COLUMN status TEXT NOT NULL DEFAULT 'pooled'
    CHECK (status IN ('pooled', 'unchecked', 'verified', 'refuted'));

ALTER TABLE battle ADD COLUMN live BOOLEAN NOT NULL DEFAULT FALSE;

-- What a browser handed in for one live ticket: the primary key is what makes that ticket work once.
CREATE TABLE live_battle (
    battle_id           BYTEA NOT NULL PRIMARY KEY,  -- in battle only once it is answered or skipped
    arena_id            BIGINT NOT NULL REFERENCES arena (id),
    left_generation_id  BYTEA NOT NULL REFERENCES generation (id),
    right_generation_id BYTEA NOT NULL REFERENCES generation (id),
    recorded_at         BIGINT NOT NULL
);

-- The votes of these battles are left out of the boards. An event, as a withdrawal is: nothing else changes.
CREATE TABLE battle_exclusion (
    id          BYTEA NOT NULL PRIMARY KEY,
    battle_id   BYTEA NOT NULL UNIQUE REFERENCES battle (id),
    arena_id    BIGINT NOT NULL REFERENCES arena (id),
    reason      TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    leaf_hash   BYTEA NOT NULL
);
CREATE INDEX battle_exclusion_by_arena ON battle_exclusion (arena_id, id);

-- Counts up when generations are added to or released into the pool without an import, so that servers read them.
CREATE TABLE pool_version (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO pool_version (name, value) VALUES ('main', 0);
