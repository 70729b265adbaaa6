-- Votes that come from another site's export. Its twin for SQLite has the same column; only the column type differs.

-- The vote's id where it was cast; NULL when it was cast here, or the file tells no id. Voters have other names in every
-- export: by this id alone the same vote in two of them is one vote.
ALTER TABLE vote ADD COLUMN origin_id BYTEA;
CREATE UNIQUE INDEX vote_by_origin ON vote (origin_id) WHERE origin_id IS NOT NULL;
