//! Codecs between foreign vote files and the vocabulary of `plaudit-domain`.
