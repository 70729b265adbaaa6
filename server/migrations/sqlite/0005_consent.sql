-- Whether votes may leave the house. Its twin for PostgreSQL has the same tables and columns; only the column types differ.

-- What the voter said when voting: may this vote be published in data sets? NULL when nobody asked, as for votes that were
-- cast before this column, which are then not published; and for imported votes, which have the licence of their source.
ALTER TABLE vote ADD COLUMN consent INTEGER;

-- What a voter said later, of all votes cast until then: the latest choice holds. Append-only, as withdrawals are.
CREATE TABLE publication_choice (
    id          BLOB NOT NULL PRIMARY KEY,  -- time-ordered
    voter_id    BLOB NOT NULL,
    agreed      INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_choice_by_voter ON publication_choice (voter_id, id);
