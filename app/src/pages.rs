pub(crate) mod about;
pub(crate) mod battle;
pub(crate) mod finished;
pub(crate) mod home;
pub(crate) mod leaderboard;
pub(crate) mod problem;
