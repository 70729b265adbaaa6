-- Clips and sounds. Its twin for SQLite has the same column; only the column types differ.

-- Pictures were decoded and written anew here; clips and sounds were emptied of all that does not show or sound.
ALTER TABLE media DROP CONSTRAINT media_media_type_check;
ALTER TABLE media ADD CONSTRAINT media_media_type_check
    CHECK (media_type IN ('image/png', 'video/mp4', 'video/webm', 'audio/wav', 'audio/ogg'));
-- 0 of a sound.
ALTER TABLE media DROP CONSTRAINT media_width_check;
ALTER TABLE media ADD CONSTRAINT media_width_check CHECK (width >= 0);
ALTER TABLE media DROP CONSTRAINT media_height_check;
ALTER TABLE media ADD CONSTRAINT media_height_check CHECK (height >= 0);
-- How long a clip or a sound lasts; NULL for a picture.
ALTER TABLE media ADD COLUMN milliseconds BIGINT CHECK (milliseconds >= 0);

ALTER TABLE arena DROP CONSTRAINT arena_task_check;
ALTER TABLE arena ADD CONSTRAINT arena_task_check CHECK (task IN ('text', 'image', 'image_edit', 'video', 'audio'));
