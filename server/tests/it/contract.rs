//! What every store must do, run against both.

use std::{future::Future, time::Duration};

use plaudit::{
    audit::withdrawal_hash,
    builtin,
    clock::random_bytes,
    store::{
        CastVote, CastVoteAnswer, ChoosePublication, DatabaseUrl, FinishLive, FinishLiveAnswer, GenerationDetails,
        GenerationStatus, ImportJob, ImportMessage, JudgeAnswer, JudgeGeneration, NewGeneration, Shown, SkipBattle,
        Store, StoreError, StoreOptions, Withdraw, WithdrawAnswer,
    },
    ticket::OpenBattle,
};
use plaudit_datasets::{ImportedVote, MediaFile, Record};
use plaudit_domain::{
    Arena, ArenaId, ArenaSlug, BattleId, Content, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation,
    GenerationId, Media, MediaId, MediaKind, Outcome, Prompt, Task, Timestamp, VoteId, VoterId,
};

use crate::{
    postgres,
    support::{no_models, sqlite},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A store with the built-in arena.
async fn filled(store: &Store) -> (OpenBattle, ArenaId) {
    builtin::import(store, &no_models(), NOW).await.unwrap();
    let arena = store.arenas().await.unwrap().remove(0).id;
    let generations = store.generations(arena).await.unwrap();
    let left = generations[0];
    let right =
        *generations.iter().find(|other| other.prompt == left.prompt && other.contestant != left.contestant).unwrap();
    let battle = OpenBattle {
        battle: BattleId::new(NOW, random_bytes()),
        voter: VoterId::from_bytes(random_bytes()),
        arena,
        prompt: left.prompt,
        left: left.contestant,
        right: right.contestant,
        left_generation: left.id,
        right_generation: right.id,
        probability: 0.125,
        expires_at: NOW.plus_millis(1000),
        live: false,
    };
    (battle, arena)
}

fn vote(battle: &OpenBattle, outcome: Outcome) -> CastVote {
    CastVote {
        battle: battle.clone(),
        outcome,
        id: VoteId::new(NOW, random_bytes()),
        now: NOW,
        leaf_hash: [7; 32],
        consent: true,
    }
}

fn withdraw(battle: &OpenBattle, voter: VoterId, now: Timestamp) -> Withdraw {
    Withdraw {
        battle: battle.battle,
        voter,
        id: VoteId::new(now, random_bytes()),
        now,
        not_before: now.plus_millis(-10_000),
        leaf_hash: withdrawal_hash,
    }
}

async fn all_votes(store: &Store, arena: ArenaId) -> usize {
    store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap().len()
}

async fn a_committed_vote_is_read_back_whole(store: Store) {
    let (battle, arena) = filled(&store).await;
    let command = vote(&battle, Outcome::BothBad);
    assert_eq!(store.cast_vote(command.clone()).await.unwrap(), CastVoteAnswer::Committed);
    let votes = store.votes_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
    assert_eq!(votes.len(), 1);
    assert_eq!((votes[0].id, votes[0].outcome, votes[0].imported), (command.id, Outcome::BothBad, false));
    assert_eq!((votes[0].left, votes[0].right, votes[0].voter), (battle.left, battle.right, battle.voter));
    let stored = store.battle(battle.battle).await.unwrap().unwrap();
    assert!(stored.prompt.is_some() && stored.left_text.is_some() && stored.right_text.is_some());
    assert_eq!(stored.votes[0].cast_at, Some(NOW));
    assert!(!stored.votes[0].withdrawn && !stored.skipped);
}

async fn the_same_answer_again_is_the_first_vote_and_another_answer_is_told_apart(store: Store) {
    let (battle, arena) = filled(&store).await;
    let first = vote(&battle, Outcome::Left);
    store.cast_vote(first.clone()).await.unwrap();
    for outcome in [Outcome::Left, Outcome::Right] {
        let again = store.cast_vote(vote(&battle, outcome)).await.unwrap();
        let expected =
            CastVoteAnswer::Already { id: first.id, outcome: Outcome::Left, recorded_at: NOW, withdrawn: false };
        assert_eq!(again, expected);
    }
    assert_eq!(all_votes(&store, arena).await, 1);
}

async fn of_many_parallel_votes_on_one_ticket_exactly_one_is_stored(store: Store) {
    let (battle, arena) = filled(&store).await;
    let outcomes = Outcome::ALL.into_iter().cycle().take(40);
    let tasks: Vec<_> = outcomes
        .map(|outcome| {
            let (store, command) = (store.clone(), vote(&battle, outcome));
            tokio::spawn(async move { store.cast_vote(command).await.unwrap() })
        })
        .collect();
    let mut committed = 0;
    for task in tasks {
        committed += usize::from(task.await.unwrap() == CastVoteAnswer::Committed);
    }
    assert_eq!(committed, 1);
    assert_eq!(all_votes(&store, arena).await, 1);
}

async fn many_voters_at_once_lose_nothing(store: Store) {
    let (battle, arena) = filled(&store).await;
    let tasks: Vec<_> = (0..300_u32)
        .map(|_| {
            let battle = OpenBattle {
                battle: BattleId::new(NOW, random_bytes()),
                voter: VoterId::from_bytes(random_bytes()),
                ..battle.clone()
            };
            let (store, command) = (store.clone(), vote(&battle, Outcome::Right));
            tokio::spawn(async move { store.cast_vote(command).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), CastVoteAnswer::Committed);
    }
    assert_eq!(all_votes(&store, arena).await, 300);
}

async fn a_skipped_battle_takes_no_vote(store: Store) {
    let (battle, arena) = filled(&store).await;
    let skip = SkipBattle { battle: battle.clone(), now: NOW };
    assert!(store.skip_battle(skip.clone()).await.unwrap());
    assert!(!store.skip_battle(skip).await.unwrap());
    assert_eq!(store.cast_vote(vote(&battle, Outcome::Left)).await.unwrap(), CastVoteAnswer::Closed);
    assert_eq!(all_votes(&store, arena).await, 0);
    let seen = store.pairs_seen(arena, battle.voter).await.unwrap();
    assert_eq!(seen, [(battle.left_generation, battle.right_generation)]);
}

async fn an_undo_is_an_event_of_its_own_and_only_the_voter_can_do_it_in_time(store: Store) {
    let (battle, arena) = filled(&store).await;
    let command = vote(&battle, Outcome::Left);
    store.cast_vote(command.clone()).await.unwrap();
    let stranger = VoterId::from_bytes(random_bytes());
    assert_eq!(store.withdraw(withdraw(&battle, stranger, NOW)).await.unwrap(), WithdrawAnswer::NoVote);
    let late = NOW.plus_millis(10_001);
    assert_eq!(store.withdraw(withdraw(&battle, battle.voter, late)).await.unwrap(), WithdrawAnswer::TooLate);
    let in_time = NOW.plus_millis(9_000);
    for _ in 0..2 {
        let answer = store.withdraw(withdraw(&battle, battle.voter, in_time)).await.unwrap();
        assert_eq!(answer, WithdrawAnswer::Withdrawn { vote: command.id });
    }
    let withdrawals = store.withdrawals_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
    assert_eq!(withdrawals.iter().map(|row| row.vote).collect::<Vec<_>>(), [command.id]);
    assert_eq!(all_votes(&store, arena).await, 1, "the vote stays in the log");
    assert!(store.battle(battle.battle).await.unwrap().unwrap().votes[0].withdrawn);
}

async fn the_built_in_arena_is_added_once(store: Store) {
    let first = builtin::import(&store, &no_models(), NOW).await.unwrap();
    assert!(first.prompts >= 24 && first.contestants >= 6 && first.generations >= 24 * 6, "{first:?}");
    assert_eq!(builtin::import(&store, &no_models(), NOW).await.unwrap().added(), 0);
    let version = store.content_version().await.unwrap();
    assert_eq!(version.contestants as u64, first.contestants);
}

/// What a browser hands in for a battle of the first one's contestants.
fn handed_in(battle: &OpenBattle, prompt: &str, left: &str) -> (FinishLive, OpenBattle) {
    let made = |contestant, text: &str| NewGeneration {
        contestant,
        text: text.to_owned(),
        media: None,
        details: GenerationDetails { seed: Some(7), tokens: Some(1), finish: None, made: None },
    };
    let command = FinishLive {
        battle: BattleId::new(NOW, random_bytes()),
        arena: battle.arena,
        arena_slug: "text".parse().unwrap(),
        prompt: prompt.to_owned(),
        source: None,
        left: made(battle.left, left),
        right: made(battle.right, "something else"),
        now: NOW,
    };
    let prompt = command.prompt_id();
    let open = OpenBattle {
        battle: command.battle,
        prompt,
        left_generation: command.left.id(prompt),
        right_generation: command.right.id(prompt),
        live: true,
        ..battle.clone()
    };
    (command, open)
}

async fn a_live_battle_is_stored_once_and_only_with_the_same_texts_again(store: Store) {
    let (battle, _) = filled(&store).await;
    let (command, open) = handed_in(&battle, "a prompt of a visitor's", "one");
    let tasks: Vec<_> = ["one", "two"]
        .into_iter()
        .cycle()
        .take(20)
        .map(|text| {
            let command = FinishLive { left: handed_in(&battle, "", text).0.left, ..command.clone() };
            let store = store.clone();
            tokio::spawn(async move { store.finish_live(command).await.unwrap() })
        })
        .collect();
    let mut stored = 0;
    for task in tasks {
        stored += usize::from(task.await.unwrap() == FinishLiveAnswer::Stored);
    }
    assert_eq!(stored, 10, "one text won, and was handed in ten times");
    let both = [open.left_generation, handed_in(&battle, &command.prompt, "two").1.left_generation];
    let mut found = 0;
    for id in both {
        found += usize::from(store.generation(id).await.unwrap().is_some());
    }
    assert_eq!(found, 1, "of the other text nothing is stored");
}

async fn what_nobody_has_checked_is_never_drawn_and_a_visitors_prompt_never_offered(store: Store) {
    let (battle, arena) = filled(&store).await;
    let before = (store.generations(arena).await.unwrap(), store.prompts(arena).await.unwrap());
    // One for a prompt of the arena's own, one for a prompt that a visitor typed.
    let own = before.1[0].text.clone();
    for (prompt, is_own) in [(own.as_str(), true), ("my secret question", false)] {
        let (command, open) = handed_in(&battle, prompt, "one");
        assert_eq!(store.finish_live(command).await.unwrap(), FinishLiveAnswer::Stored);
        let drawn: Vec<_> = store.generations(arena).await.unwrap().into_iter().map(|one| one.id).collect();
        let unchecked = [open.left_generation, open.right_generation];
        assert!(before.0.iter().all(|one| drawn.contains(&one.id)) && unchecked.iter().all(|id| !drawn.contains(id)));
        store.cast_vote(vote(&open, Outcome::Left)).await.unwrap();
        let unchecked = store.unchecked_battles(VoteId::from_bytes([0; 16])).await.unwrap();
        assert_eq!(unchecked.last().unwrap().generations, [open.left_generation, open.right_generation]);
        let version = store.content_version().await.unwrap().pool;
        for (generation, refuted) in [(open.left_generation, None), (open.right_generation, Some("why".to_owned()))] {
            let judged = store.judge_generation(judge(&open, generation, refuted.clone())).await.unwrap();
            assert_eq!(judged, if refuted.is_some() { JudgeAnswer::Excluded } else { JudgeAnswer::Verified });
            let again = store.judge_generation(judge(&open, generation, None)).await.unwrap();
            assert_eq!(again, JudgeAnswer::Nothing, "what was decided stays");
        }
        let renewed = store.content_version().await.unwrap().pool != version;
        assert_eq!(renewed, is_own, "servers read the pool again when it changed, for {prompt}");
        let drawn: Vec<_> = store.generations(arena).await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(drawn.contains(&open.left_generation), is_own, "verified, for {prompt}");
        assert!(!drawn.contains(&open.right_generation), "refuted");
        let left = store.generation(open.left_generation).await.unwrap().unwrap();
        assert_eq!((left.status, left.prompt.as_str()), (GenerationStatus::Verified, prompt));
    }
    assert_eq!(store.prompts(arena).await.unwrap(), before.1);
}

fn judge(battle: &OpenBattle, generation: plaudit_domain::GenerationId, refuted: Option<String>) -> JudgeGeneration {
    JudgeGeneration {
        generation,
        battle: battle.battle,
        arena: battle.arena,
        refuted,
        exclusion: VoteId::new(NOW, random_bytes()),
        now: NOW,
    }
}

async fn an_excluded_battle_leaves_the_board_and_is_counted_there(store: Store) {
    use plaudit::board::Boards;
    use plaudit_app::view_model::Slice;

    let (battle, arena) = filled(&store).await;
    store.cast_vote(vote(&battle, Outcome::Left)).await.unwrap();
    let (command, open) = handed_in(&battle, "a prompt", "one");
    store.finish_live(command).await.unwrap();
    let live = vote(&open, Outcome::Right);
    store.cast_vote(live.clone()).await.unwrap();
    let look = async |boards: &Boards| {
        boards.arena_by_id(arena).unwrap().with_log(|log| (log.votes(Slice::All), log.excluded(), log.version()))
    };
    let boards = Boards::load(store.clone()).await.unwrap();
    assert_eq!(look(&boards).await, (2, 0, 2));
    let refuted = judge(&open, open.left_generation, Some("it is not reproducible".to_owned()));
    store.judge_generation(refuted).await.unwrap();
    let exclusions = store.exclusions_from(arena, VoteId::from_bytes([0; 16])).await.unwrap();
    assert_eq!(exclusions.iter().map(|row| row.vote).collect::<Vec<_>>(), [live.id]);
    boards.arena_by_id(arena).unwrap().apply(&[], &[], &exclusions).unwrap();
    assert_eq!(look(&boards).await, (1, 1, 3));
    assert_eq!(look(&Boards::load(store.clone()).await.unwrap()).await, (1, 1, 3), "and after a restart");
    assert_eq!(all_votes(&store, arena).await, 2, "the vote stays in the log");
    let stored = store.battle(open.battle).await.unwrap().unwrap();
    assert!(stored.live && stored.excluded.as_deref() == Some("it is not reproducible"), "{stored:?}");
    assert_eq!(stored.left_side.unwrap().status, GenerationStatus::Refuted);
}

async fn the_secret_is_made_once(store: Store) {
    let (one, other) = tokio::join!(store.instance_secret(), store.instance_secret());
    assert_eq!(one.unwrap().key("x"), other.unwrap().key("x"));
}

async fn on_sqlite<F: Future<Output = ()>>(contract: impl FnOnce(Store) -> F) {
    let (store, _folder) = sqlite(StoreOptions::default()).await;
    contract(store).await;
}

async fn on_postgres<F: Future<Output = ()>>(contract: impl FnOnce(Store) -> F) {
    let database = postgres::database();
    let store = Store::open(&database.url.parse().unwrap(), StoreOptions::default()).await.unwrap();
    contract(store.clone()).await;
    store.close().await;
}

async fn an_export_reads_every_vote_once_in_the_order_of_the_log_and_says_which_are_taken_back(store: Store) {
    let (battle, arena) = filled(&store).await;
    let mut cast = Vec::new();
    for number in 0..5 {
        let now = NOW.plus_millis(number);
        let voter = VoterId::from_bytes(random_bytes());
        let battle = OpenBattle { battle: BattleId::new(now, random_bytes()), voter, ..battle.clone() };
        let command = CastVote { id: VoteId::new(now, random_bytes()), ..vote(&battle, Outcome::Tie) };
        store.cast_vote(command.clone()).await.unwrap();
        cast.push(command);
    }
    store.withdraw(withdraw(&cast[1].battle, cast[1].battle.voter, NOW)).await.unwrap();
    let (head, mut after, mut read) =
        (store.last_event().await.unwrap().unwrap(), VoteId::from_bytes([0; 16]), Vec::new());
    loop {
        let page = store.export_page(Some(arena), after, head, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        read.extend(page);
    }
    assert_eq!(read.iter().map(|row| row.id).collect::<Vec<_>>(), cast.iter().map(|vote| vote.id).collect::<Vec<_>>());
    assert_eq!(read.iter().map(|row| row.withdrawn).collect::<Vec<_>>(), [false, true, false, false, false]);
    let row = &read[0];
    assert_eq!(
        (row.arena, row.battle, row.voter, row.outcome),
        (arena, cast[0].battle.battle, cast[0].battle.voter, Outcome::Tie)
    );
    assert_eq!((row.probability, row.anonymous, row.imported, row.excluded), (Some(0.125), Some(true), false, false));
    assert_eq!(
        row.left_generation.as_ref().map(|side| (side.id, side.status)),
        Some((battle.left_generation, GenerationStatus::Pooled))
    );
    assert!(row.prompt.as_ref().is_some_and(|prompt| prompt.id == battle.prompt && !prompt.visitor));
    assert_eq!(store.export_page(None, VoteId::from_bytes([0; 16]), cast[2].id, 100).await.unwrap().len(), 3);
    // Five votes and a withdrawal are the log, page by page as well as at once.
    let leaves = store.log_leaves(VoteId::from_bytes([0; 16]), head, 100).await.unwrap();
    assert_eq!((leaves.len(), leaves[5]), (6, (cast[4].id, [7; 32])));
    assert!(leaves.is_sorted_by(|(one, _), (other, _)| one < other));
    assert_eq!(store.log_leaves(leaves[1].0, leaves[4].0, 2).await.unwrap(), leaves[2..4]);
    // What is taken back behind the end of an export is not taken back in it.
    store.withdraw(withdraw(&cast[2].battle, cast[2].battle.voter, NOW.plus_millis(100))).await.unwrap();
    let zero = VoteId::from_bytes([0; 16]);
    let withdrawn = |rows: Vec<plaudit::store::ExportRow>| rows.iter().filter(|row| row.withdrawn).count();
    assert_eq!(withdrawn(store.export_page(None, zero, head, 100).await.unwrap()), 1);
    let later = store.last_event().await.unwrap().unwrap();
    assert!(later > head);
    assert_eq!(withdrawn(store.export_page(None, zero, later, 100).await.unwrap()), 2);
    assert!(
        store.export_page(Some(ArenaId(arena.0 ^ 1)), VoteId::from_bytes([0; 16]), head, 100).await.unwrap().is_empty()
    );
}

async fn a_vote_is_published_as_its_voter_said_last_and_an_imported_one_always(store: Store) {
    let (battle, arena) = filled(&store).await;
    let zero = VoteId::from_bytes([0; 16]);
    let voter = battle.voter;
    assert_eq!(store.publication_choice(voter).await.unwrap(), None);
    for (millis, consent) in [(0, true), (1, false), (2, true)] {
        let now = NOW.plus_millis(millis);
        let battle = OpenBattle { battle: BattleId::new(now, random_bytes()), ..battle.clone() };
        let command = CastVote { id: VoteId::new(now, random_bytes()), now, consent, ..vote(&battle, Outcome::Left) };
        store.cast_vote(command).await.unwrap();
        assert_eq!(store.publication_choice(voter).await.unwrap(), Some(consent));
    }
    let other =
        OpenBattle { battle: BattleId::new(NOW, random_bytes()), voter: VoterId::from_bytes([3; 16]), ..battle };
    store.cast_vote(CastVote { now: NOW.plus_millis(3), ..vote(&other, Outcome::Tie) }).await.unwrap();
    let published = async |until: VoteId| -> Vec<bool> {
        let rows = store.export_page(Some(arena), zero, until, 100).await.unwrap();
        rows.iter().filter(|row| row.voter == voter).map(|row| row.published).collect()
    };
    let before = store.last_event().await.unwrap().unwrap();
    assert_eq!(published(before).await, [true, false, true]);
    let choose = async |millis: i64, agreed: bool| {
        let now = NOW.plus_millis(millis);
        let id = VoteId::new(now, random_bytes());
        store.choose_publication(ChoosePublication { id, voter, agreed, now }).await.unwrap();
        assert_eq!(store.publication_choice(voter).await.unwrap(), Some(agreed));
        id
    };
    let no = choose(10, false).await;
    assert_eq!(store.last_event().await.unwrap(), Some(no));
    assert_eq!(published(no).await, [false; 3]);
    assert_eq!(published(before).await, [true, false, true], "as it stood at the end of an export that is running");
    // A vote cast later says so for itself.
    let now = NOW.plus_millis(20);
    let later = OpenBattle { battle: BattleId::new(now, random_bytes()), voter, ..other.clone() };
    let id = VoteId::new(now, random_bytes());
    store.cast_vote(CastVote { id, now, ..vote(&later, Outcome::Left) }).await.unwrap();
    assert_eq!(published(id).await, [false, false, false, true]);
    let yes = choose(30, true).await;
    assert_eq!(published(yes).await, [true; 4]);
    assert_eq!(choose(40, false).await, store.last_event().await.unwrap().unwrap());
    assert_eq!(store.publication_choices().await.unwrap(), 3);
    let head = store.last_event().await.unwrap().unwrap();
    let all = store.export_page(Some(arena), zero, head, 100).await.unwrap();
    assert_eq!(all.iter().filter(|row| row.published).map(|row| row.voter).collect::<Vec<_>>(), [other.voter]);
    assert_eq!(all_votes(&store, arena).await, 5, "every vote stays in the log, and on the board");
    let own = store.votes_of(voter, zero, 100).await.unwrap();
    assert_eq!(own.iter().map(|vote| vote.published).collect::<Vec<_>>(), [false; 4]);
    let tallies = store.battle_tallies(arena, zero, head).await.unwrap();
    assert_eq!(tallies.keys().copied().collect::<Vec<_>>(), [other.battle]);
    assert!(!store.battle(later.battle).await.unwrap().unwrap().votes[0].published);
    // The log of what counts has the five votes, and no choice about publication.
    assert_eq!(store.log_leaves(zero, head, 100).await.unwrap().len(), 5);
    import(&store, 50, from_elsewhere(None, 2, 1, Outcome::Tie)).await.unwrap();
    let head = store.last_event().await.unwrap().unwrap();
    let elsewhere = ArenaId::of(&"elsewhere".parse().unwrap());
    assert!(store.export_page(Some(elsewhere), zero, head, 100).await.unwrap()[0].published);
}

/// One vote of an arena of its own, with this id where it was cast.
fn from_elsewhere(origin: Option<VoteId>, battle: u8, voter: u8, outcome: Outcome) -> Vec<Record> {
    let arena: ArenaSlug = "elsewhere".parse().unwrap();
    let contestant = |name: &str| Record::Contestant {
        arena: arena.clone(),
        contestant: Contestant {
            slug: name.parse().unwrap(),
            name: name.to_owned(),
            kind: ContestantKind::Imported,
            description: String::new(),
            weights: None,
            sampler: None,
            system_prompt: None,
            drawing: None,
            service: None,
        },
    };
    let vote = ImportedVote {
        origin,
        arena: arena.clone(),
        battle: BattleId::from_bytes([battle; 16]),
        prompt: None,
        left: "a".parse().unwrap(),
        right: "b".parse().unwrap(),
        left_generation: None,
        right_generation: None,
        outcome,
        voter: VoterId::from_bytes([voter; 16]),
        cast_at: None,
        anonymous: None,
    };
    let described = Arena {
        slug: arena.clone(),
        title: "Elsewhere".to_owned(),
        task: Task::Text,
        description: String::new(),
        license: None,
    };
    vec![Record::Arena(described), contestant("a"), contestant("b"), Record::Vote(vote)]
}

/// `millis`: when, so that the order is told.
async fn import(store: &Store, millis: i64, records: Vec<Record>) -> Result<(u64, u64), StoreError> {
    let (messages, inbox) = tokio::sync::mpsc::channel(4);
    messages.send(ImportMessage::Records(records)).await.unwrap();
    messages.send(ImportMessage::Finished { rejected: 0 }).await.unwrap();
    let job = ImportJob { file_name: "votes".to_owned(), format: "test".to_owned(), now: NOW.plus_millis(millis) };
    let counts = store.import(&job, inbox).await?.unwrap();
    Ok((counts.votes, counts.votes_known))
}

async fn a_vote_from_elsewhere_is_one_vote_under_whatever_name_its_voter_comes(store: Store) {
    let origin = Some(VoteId::from_bytes([5; 16]));
    assert_eq!(import(&store, 1, from_elsewhere(origin, 1, 1, Outcome::Left)).await.unwrap(), (1, 0));
    assert_eq!(import(&store, 2, from_elsewhere(origin, 1, 2, Outcome::Left)).await.unwrap(), (0, 1));
    // Another vote on the same battle, and votes whose files tell no id, as before.
    let other = Some(VoteId::from_bytes([6; 16]));
    assert_eq!(import(&store, 3, from_elsewhere(other, 1, 3, Outcome::Left)).await.unwrap(), (1, 0));
    assert_eq!(import(&store, 4, from_elsewhere(None, 2, 1, Outcome::Tie)).await.unwrap(), (1, 0));
    assert_eq!(import(&store, 5, from_elsewhere(None, 2, 2, Outcome::Tie)).await.unwrap(), (1, 0));
    assert_eq!(import(&store, 6, from_elsewhere(None, 2, 1, Outcome::Tie)).await.unwrap(), (0, 1));
    for (battle, outcome) in [(1, Outcome::Right), (9, Outcome::Left)] {
        let error = import(&store, 7, from_elsewhere(origin, battle, 7, outcome)).await.unwrap_err();
        assert!(matches!(error, StoreError::VoteDiffers { vote } if Some(vote) == origin), "{error}");
    }
    let arena = ArenaId::of(&"elsewhere".parse().unwrap());
    assert_eq!(all_votes(&store, arena).await, 4);
    let head = store.last_event().await.unwrap().unwrap();
    let rows = store.export_page(Some(arena), VoteId::from_bytes([0; 16]), head, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.origin).collect::<Vec<_>>(), [origin, other, None, None]);
}

async fn lists_tell_each_battle_with_all_of_its_votes_and_each_voter_their_own(store: Store) {
    let (battle, arena) = filled(&store).await;
    let mut cast = Vec::new();
    for (number, outcome) in [Outcome::Left, Outcome::Tie, Outcome::Left].into_iter().enumerate() {
        let now = NOW.plus_millis(number as i64);
        let voter = VoterId::from_bytes([number as u8 / 2; 16]);
        let battle = OpenBattle { battle: BattleId::new(now, random_bytes()), voter, ..battle.clone() };
        let command = CastVote { id: VoteId::new(now, random_bytes()), ..vote(&battle, outcome) };
        store.cast_vote(command.clone()).await.unwrap();
        cast.push(command);
    }
    store.withdraw(withdraw(&cast[1].battle, cast[1].battle.voter, NOW)).await.unwrap();
    let (start, head) = (VoteId::from_bytes([0; 16]), cast[2].id);
    let tallies = store.battle_tallies(arena, start, head).await.unwrap();
    let told: Vec<_> =
        cast.iter().map(|vote| tallies[&vote.battle.battle]).map(|tally| (tally.first, tally.outcomes)).collect();
    assert_eq!(told, [(cast[0].id, [1, 0, 0, 0]), (cast[1].id, [0; 4]), (cast[2].id, [1, 0, 0, 0])]);
    assert_eq!(store.battle_tallies(arena, cast[1].id, head).await.unwrap().len(), 1);
    assert_eq!(store.voted_battles(arena).await.unwrap(), 3);
    assert_eq!(store.before_newest(arena, 2).await.unwrap(), cast[0].id);
    assert_eq!(store.before_newest(arena, 3).await.unwrap(), start);
    let own = store.votes_of(cast[0].battle.voter, start, 10).await.unwrap();
    assert_eq!(
        own.iter().map(|vote| (vote.id, vote.withdrawn)).collect::<Vec<_>>(),
        [(cast[0].id, false), (cast[1].id, true)]
    );
    assert_eq!(store.votes_of(cast[0].battle.voter, cast[0].id, 10).await.unwrap().len(), 1);
}

/// Two pictures for one instruction on a third.
fn pictures() -> (Vec<Record>, [GenerationId; 2], Media) {
    let arena: ArenaSlug = "edits".parse().unwrap();
    let file = |content: &[u8], thumbnail: Option<MediaId>| {
        let bytes = content.len() as u64;
        let (kind, milliseconds) = (MediaKind::Png, None);
        let media = Media { id: MediaId::of(content), kind, milliseconds, width: 640, height: 480, bytes, thumbnail };
        (Record::Media(MediaFile { media, content: Vec::new(), thumbnail: None }), media)
    };
    let (source_file, source) = file(b"source", Some(MediaId::of(b"small")));
    let (left_file, left) = file(b"left", None);
    let (right_file, right) = file(b"right", None);
    let prompt = Prompt { text: "make it blue".to_owned(), category: None, source: Some(source.id) };
    let prompt_id = prompt.id(&arena);
    let described = Arena {
        slug: arena.clone(),
        title: "Edits".to_owned(),
        task: Task::ImageEdit,
        description: String::new(),
        license: None,
    };
    let mut records = vec![Record::Arena(described), source_file, left_file, right_file];
    records.push(Record::Prompt { arena: arena.clone(), prompt });
    let ids = [("a", left, Some("blue")), ("b", right, None)].map(|(name, media, description)| {
        let contestant = ContestantSlug::from_name(name);
        let content = Content::Picture { media: media.id, description: description.map(str::to_owned) };
        let id = GenerationId::of(ContestantId::of(&arena, &contestant), prompt_id, None, content.address_bytes());
        records.push(Record::Contestant {
            arena: arena.clone(),
            contestant: Contestant {
                slug: contestant.clone(),
                name: name.to_owned(),
                kind: ContestantKind::Imported,
                description: String::new(),
                weights: None,
                sampler: None,
                system_prompt: None,
                drawing: None,
                service: None,
            },
        });
        let generation = Generation { contestant, content, seed: None, tokens: None, finish: None };
        records.push(Record::Generation { arena: arena.clone(), prompt: prompt_id, id, generation });
        id
    });
    (records, ids, source)
}

async fn pictures_are_read_back_with_their_sizes_descriptions_and_source(store: Store) {
    let (records, ids, source) = pictures();
    for _ in 0..2 {
        import(&store, 1, records.clone()).await.unwrap();
    }
    let arena = store.arenas().await.unwrap().remove(0);
    let pool = store.generations(arena.id).await.unwrap();
    assert_eq!(pool.len(), 2);
    assert_ne!(pool[0].content_hash, pool[1].content_hash, "two pictures without words are two");
    let left = store.generation_picture(ids[0]).await.unwrap().unwrap();
    assert_eq!(
        (left.media.id, left.media.width, left.description.as_deref()),
        (MediaId::of(b"left"), 640, Some("blue"))
    );
    assert_eq!(store.generation_picture(ids[1]).await.unwrap().unwrap().description, None);
    assert_eq!(store.prompt_source(pool[0].prompt).await.unwrap(), Some(source));
    let of = |id: GenerationId| *pool.iter().find(|generation| generation.id == id).unwrap();
    let battle = OpenBattle {
        battle: BattleId::new(NOW, random_bytes()),
        voter: VoterId::from_bytes(random_bytes()),
        arena: arena.id,
        prompt: pool[0].prompt,
        left: of(ids[0]).contestant,
        right: of(ids[1]).contestant,
        left_generation: ids[0],
        right_generation: ids[1],
        probability: 1.0,
        expires_at: NOW.plus_millis(1000),
        live: false,
    };
    store.cast_vote(vote(&battle, Outcome::Left)).await.unwrap();
    let stored = store.battle(battle.battle).await.unwrap().unwrap();
    assert_eq!((stored.source, stored.left_text), (Some(source), None));
    assert_eq!(stored.right_side.unwrap().picture.unwrap().media.id, MediaId::of(b"right"));
    let row = store
        .export_page(None, VoteId::from_bytes([0; 16]), VoteId::from_bytes([255; 16]), 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(row.left_generation.unwrap().media, Some(MediaId::of(b"left")));
    assert_eq!(row.prompt.unwrap().source, Some(source.id));
    // Judges that read texts are told that these are none.
    let sizes: Vec<_> = store.pair_votes(arena.id).await.unwrap().iter().map(|vote| vote.shown).collect();
    assert_eq!(sizes, [Shown::Pictures(640)]);
}

async fn an_import_that_is_only_tried_leaves_nothing(store: Store) {
    let (messages, inbox) = tokio::sync::mpsc::channel(4);
    messages.send(ImportMessage::Records(pictures().0)).await.unwrap();
    messages.send(ImportMessage::Tried).await.unwrap();
    let job = ImportJob { file_name: "pictures".to_owned(), format: "test".to_owned(), now: NOW };
    let counts = store.import(&job, inbox).await.unwrap().unwrap();
    assert_eq!((counts.media, counts.generations, counts.prompts), (3, 2, 1));
    assert!(store.arenas().await.unwrap().is_empty());
    assert_eq!(store.content_version().await.unwrap().imports, 0);
}

macro_rules! contract_suite {
    ($($contract:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $contract() {
                super::on_sqlite(super::$contract).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $contract() {
                super::on_postgres(super::$contract).await;
            })*
        }
    };
}

contract_suite!(
    a_committed_vote_is_read_back_whole,
    the_same_answer_again_is_the_first_vote_and_another_answer_is_told_apart,
    of_many_parallel_votes_on_one_ticket_exactly_one_is_stored,
    many_voters_at_once_lose_nothing,
    a_skipped_battle_takes_no_vote,
    an_undo_is_an_event_of_its_own_and_only_the_voter_can_do_it_in_time,
    the_built_in_arena_is_added_once,
    a_live_battle_is_stored_once_and_only_with_the_same_texts_again,
    what_nobody_has_checked_is_never_drawn_and_a_visitors_prompt_never_offered,
    an_excluded_battle_leaves_the_board_and_is_counted_there,
    the_secret_is_made_once,
    an_export_reads_every_vote_once_in_the_order_of_the_log_and_says_which_are_taken_back,
    a_vote_from_elsewhere_is_one_vote_under_whatever_name_its_voter_comes,
    pictures_are_read_back_with_their_sizes_descriptions_and_source,
    an_import_that_is_only_tried_leaves_nothing,
    lists_tell_each_battle_with_all_of_its_votes_and_each_voter_their_own,
    a_vote_is_published_as_its_voter_said_last_and_an_imported_one_always,
);

#[tokio::test]
async fn a_full_database_says_so_and_keeps_what_it_had() {
    let (store, folder) = sqlite(StoreOptions::default()).await;
    let (battle, arena) = filled(&store).await;
    store.cast_vote(vote(&battle, Outcome::Left)).await.unwrap();
    store.close().await;
    let url = DatabaseUrl::in_folder(folder.path());
    // No page more than the file has already.
    let store = Store::open(&url, StoreOptions { max_pages: Some(1), ..StoreOptions::default() }).await.unwrap();
    let mut refused = None;
    for _ in 0..10_000 {
        let battle = OpenBattle { battle: BattleId::new(NOW, random_bytes()), ..battle.clone() };
        if let Err(error) = store.cast_vote(vote(&battle, Outcome::Left)).await {
            refused = Some(error);
            break;
        }
    }
    assert!(matches!(refused, Some(StoreError::Full)), "{refused:?}");
    let before = all_votes(&store, arena).await;
    store.close().await;
    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    assert_eq!(all_votes(&store, arena).await, before);
}

#[tokio::test]
async fn a_locked_database_says_so() {
    let options = StoreOptions { busy_timeout: Duration::from_millis(50), ..StoreOptions::default() };
    let (store, folder) = sqlite(options).await;
    let (battle, arena) = filled(&store).await;
    let path = folder.path().join("plaudit.sqlite3");
    let connect = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let other = sqlx::SqlitePool::connect_with(connect).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let refused = store.cast_vote(vote(&battle, Outcome::Left)).await;
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    let waiting = (0..40).map(|_| {
        let battle = OpenBattle { battle: BattleId::new(NOW, random_bytes()), ..battle.clone() };
        let (store, command) = (store.clone(), vote(&battle, Outcome::Right));
        async move { store.cast_vote(command).await }
    });
    for refused in futures_util::future::join_all(waiting).await {
        assert!(matches!(refused, Err(StoreError::Locked)), "every waiting voter is told: {refused:?}");
    }
    lock.rollback().await.unwrap();
    assert_eq!(all_votes(&store, arena).await, 0);
    assert_eq!(store.cast_vote(vote(&battle, Outcome::Left)).await.unwrap(), CastVoteAnswer::Committed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_of_a_second_server_follows() {
    use std::sync::Arc;

    use plaudit::{
        board::{Boards, follow::follow},
        clock::system_clock,
    };
    use plaudit_app::view_model::Slice;

    let database = postgres::database();
    let url = database.url.parse().unwrap();
    let first = Store::open(&url, StoreOptions::default()).await.unwrap();
    let (battle, _) = filled(&first).await;
    let second = Store::open(&url, StoreOptions::default()).await.unwrap();
    let boards = Arc::new(Boards::load(second).await.unwrap());
    let following = tokio::spawn(follow(boards.clone(), system_clock()));
    let arena = boards.arena(&"text".parse().unwrap()).unwrap();
    let mut changes = arena.subscribe();
    let now = system_clock()();
    let id = VoteId::new(now, random_bytes());
    first.cast_vote(CastVote { id, now, ..vote(&battle, Outcome::Left) }).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), changes.changed())
        .await
        .expect("the second server hears of it")
        .unwrap();
    assert_eq!(arena.with_log(|log| log.votes(Slice::Here)), 1);
    first.withdraw(withdraw(&battle, battle.voter, now)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), changes.changed()).await.expect("of the undo too").unwrap();
    assert_eq!(arena.with_log(|log| log.votes(Slice::Here)), 0);
    let (command, open) = handed_in(&battle, "a prompt", "one");
    first.finish_live(command).await.unwrap();
    let id = VoteId::new(now, random_bytes());
    first.cast_vote(CastVote { id, now, ..vote(&open, Outcome::Left) }).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), changes.changed()).await.expect("of a live vote").unwrap();
    assert_eq!(arena.with_log(|log| (log.votes(Slice::Here), log.excluded())), (1, 0));
    let exclusion = VoteId::new(now, random_bytes());
    let refuted = judge(&open, open.left_generation, Some("why".to_owned()));
    first.judge_generation(JudgeGeneration { exclusion, now, ..refuted }).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), changes.changed()).await.expect("and of its exclusion").unwrap();
    assert_eq!(arena.with_log(|log| (log.votes(Slice::Here), log.excluded())), (0, 1));
    following.abort();
}

#[tokio::test]
async fn a_database_from_before_clips_keeps_all_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::in_folder(folder.path());
    let DatabaseUrl::Sqlite(path) = &url else { panic!("{url}") };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let mut before = sqlx::migrate!("migrations/sqlite");
    let older: Vec<_> = before.migrations.iter().filter(|one| one.version < 9).cloned().collect();
    before.migrations = older.into();
    before.run(&pool).await.unwrap();
    let arena = ArenaId::of(&"old".parse().unwrap());
    for sql in [
        format!("INSERT INTO arena VALUES ({}, 'old', 'Old', 'image', '', 'MIT')", arena.0),
        format!("INSERT INTO contestant VALUES (7, {}, 'c', 'C', '{{\"kind\":\"imported\"}}')", arena.0),
        format!("INSERT INTO prompt (id, arena_id, body) VALUES (zeroblob(16), {}, 'a cat')", arena.0),
        "INSERT INTO media VALUES (zeroblob(32), 'image/png', 3, 2, 99, NULL, 1)".to_owned(),
        format!(
            "INSERT INTO generation (id, arena_id, contestant_id, prompt_id, body, details, status, media_id) \
             VALUES (zeroblob(16), {}, 7, zeroblob(16), '', '{{\"seed\":null,\"tokens\":null,\"finish\":null}}', 'pooled', zeroblob(32))",
            arena.0
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    assert_eq!(store.arenas().await.unwrap()[0].license.as_deref(), Some("MIT"));
    let picture = store.generation_picture(GenerationId::from_bytes([0; 16])).await.unwrap().unwrap().media;
    assert_eq!((picture.kind, picture.milliseconds), (MediaKind::Png, None));
    assert_eq!((picture.width, picture.height, picture.bytes), (3, 2, 99));
    store.close().await;
    // Everything still points at what it pointed at, and what points at nothing is refused as before.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let broken: Vec<(String,)> =
        sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check").fetch_all(&pool).await.unwrap();
    assert!(broken.is_empty(), "{broken:?}");
    let orphan = sqlx::query("UPDATE generation SET media_id = x'01'").execute(&pool).await;
    assert!(orphan.unwrap_err().to_string().contains("FOREIGN KEY"));
}
