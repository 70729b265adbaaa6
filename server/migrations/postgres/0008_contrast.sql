-- Judgments under an exchanged prompt. Its twin has the same column; only the column type differs.

-- NULL: both answers are to the prompt that was asked, as in a battle. Otherwise the generation whose prompt was asked; the
-- other one answers a similar prompt and comes from the same contestant. No battle has these two.
ALTER TABLE judgment ADD COLUMN asked_generation_id BYTEA REFERENCES generation (id);
-- All judges are asked the same ones: looked up before every job.
CREATE INDEX judgment_by_contrast ON judgment (arena_id, asked_generation_id) WHERE asked_generation_id IS NOT NULL;
