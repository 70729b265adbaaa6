-- The right to change something over /api/v1. Its twin for SQLite has the same tables and columns; only the column types
-- differ.

-- Only the token's hash is kept; its first bytes are the name under which the host lists and revokes it.
CREATE TABLE api_token (
    token_hash  BYTEA NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,               -- for the host: who has it
    scopes      TEXT NOT NULL,               -- words with spaces between them: what it is good for
    judge_id    BIGINT REFERENCES judge (id), -- for judgments: in whose name
    recorded_at BIGINT NOT NULL,
    revoked_at  BIGINT
);

-- Tokens of judges were the only ones before, and stay good.
INSERT INTO api_token (token_hash, name, scopes, judge_id, recorded_at, revoked_at)
    SELECT token_hash, 'judge', 'judgments:write', judge_id, recorded_at, revoked_at FROM judge_token;
DROP TABLE judge_token;
