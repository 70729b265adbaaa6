-- no-transaction
-- Clips and sounds. Its twin for PostgreSQL has the same column; only the column types differ.

-- SQLite changes no constraint in place: a table is written anew, as its documentation has it, with the references to it left
-- alone meanwhile. That is a setting which a transaction cannot change, hence the first line. What is done is done in one
-- transaction all the same, and a second time it would do no harm.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

-- What is kept of a file beside its bytes, which are in the media store under the same id. Pictures were decoded and written anew
-- here; clips and sounds were emptied of all that does not show or sound.
CREATE TABLE media_new (
    id           BLOB NOT NULL PRIMARY KEY,     -- BLAKE3 of the bytes, 32 bytes
    media_type   TEXT NOT NULL CHECK (media_type IN ('image/png', 'video/mp4', 'video/webm', 'audio/wav', 'audio/ogg')),
    width        INTEGER NOT NULL CHECK (width >= 0),  -- 0 of a sound
    height       INTEGER NOT NULL CHECK (height >= 0),
    byte_length  INTEGER NOT NULL,
    thumbnail_id BLOB,                          -- BLAKE3 of a smaller one; NULL where the picture itself is small
    recorded_at  INTEGER NOT NULL,
    milliseconds INTEGER CHECK (milliseconds >= 0)  -- how long a clip or a sound lasts; NULL for a picture
) STRICT;
INSERT INTO media_new (id, media_type, width, height, byte_length, thumbnail_id, recorded_at)
    SELECT id, media_type, width, height, byte_length, thumbnail_id, recorded_at FROM media;
DROP TABLE media;
ALTER TABLE media_new RENAME TO media;

CREATE TABLE arena_new (
    id          INTEGER NOT NULL PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    task        TEXT NOT NULL CHECK (task IN ('text', 'image', 'image_edit', 'video', 'audio')),
    description TEXT NOT NULL,
    license     TEXT
) STRICT;
INSERT INTO arena_new (id, slug, title, task, description, license)
    SELECT id, slug, title, task, description, license FROM arena;
DROP TABLE arena;
ALTER TABLE arena_new RENAME TO arena;

COMMIT;
PRAGMA foreign_keys = ON;
