-- Pictures. Its twin for PostgreSQL has the same tables and columns; only the column types differ.

-- What is kept of a file beside its bytes, which are in the media store under the same id. Every one of them was decoded and
-- written anew here; nothing of the file it came from is left but its pixels.
CREATE TABLE media (
    id           BLOB NOT NULL PRIMARY KEY,     -- BLAKE3 of the bytes, 32 bytes
    media_type   TEXT NOT NULL CHECK (media_type IN ('image/png')),
    width        INTEGER NOT NULL CHECK (width > 0),
    height       INTEGER NOT NULL CHECK (height > 0),
    byte_length  INTEGER NOT NULL,
    thumbnail_id BLOB,                          -- BLAKE3 of a smaller one; NULL where the picture itself is small
    recorded_at  INTEGER NOT NULL
) STRICT;

-- What the contestant made, where it is no text; then body is a description for those who cannot see it, or empty.
ALTER TABLE generation ADD COLUMN media_id BLOB REFERENCES media (id);

-- The picture that is to be changed, where the task is to change one.
ALTER TABLE prompt ADD COLUMN source_media_id BLOB REFERENCES media (id);
