//! Ratings from pairwise votes, with honest intervals.
