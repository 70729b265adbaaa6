//! From a prompt to two texts or pictures: draws a battle, has both workers make it, hands it in.

use std::collections::VecDeque;

use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};
use plaudit_domain::{ArenaSlug, Finish, Side};
use plaudit_runner::protocol::{BackendChoice, Done, Drawn, Event, Painter, Ready, Sketch, WorkerError};

use super::setup::Setup;
use crate::{
    api::{ApiError, FinishLive, StartLive},
    islands::{
        browser::{focus_soon, now_millis},
        loading::Loading,
        post::post,
        vote::Vote,
        worker::{
            bundle::{self, Bundle},
            client::{Client, Order},
            pace::Pace,
        },
    },
    view_model::live::{BrowserModel, LiveAnswer, LiveAnswers, LiveBattle, LiveContent, LiveReady, LiveSide, LiveWork},
};

/// The heading that takes the focus when the form goes away.
pub(super) const STAGE_ID: &str = "live-stage";

/// How far a live battle is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The form.
    #[default]
    Setup,
    /// The server draws two contestants.
    Drawing,
    /// The workers get their models.
    Loading,
    /// Both write, or draw.
    Writing,
    /// A side broke, or the server wants no more of this battle.
    Over,
    /// The server takes what was made.
    Sending,
    /// The visitor votes, or has voted.
    Voting,
}

/// What went wrong, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) remedy: Remedy,
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// What is already on the page.
    None,
    /// Another battle.
    Another,
    /// Handing the same in again.
    SendAgain,
}

/// All that changes rarely.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) trouble: Option<Trouble>,
    /// The prompt, rendered.
    pub(super) prompt_html: String,
    /// And as it is.
    pub(super) asked: String,
    /// Address of the picture that is to be changed.
    pub(super) source: String,
}

/// One side on the page.
#[derive(Clone, Copy)]
pub(super) struct Card {
    /// What it wrote so far, as far as it is shown.
    pub(super) text: RwSignal<String>,
    /// Tokens shown.
    pub(super) tokens: RwSignal<u32>,
    /// Its picture so far, as far as it is shown.
    pub(super) sketch: RwSignal<Option<Sketch>>,
    /// The rest.
    pub(super) state: RwSignal<CardState>,
}

/// What changes rarely on one side.
#[derive(Debug, Clone, Default)]
pub(super) struct CardState {
    pub(super) loading: Loading,
    /// What went wrong here.
    pub(super) broken: Option<String>,
    /// It is over; how, unless it was stopped.
    pub(super) over: Option<Option<Finish>>,
    /// As the server rendered it.
    pub(super) html: String,
    /// What it ran on and how fast; shown after the vote.
    pub(super) facts: String,
}

/// What the page does not show.
#[derive(Debug, Default)]
struct Session {
    battle: Option<LiveBattle>,
    /// Which worker writes which side.
    crossed: bool,
    pace: Pace,
    left: Written,
    right: Written,
}

/// What one side has so far.
#[derive(Debug, Default)]
struct Written {
    ready: Option<Ready>,
    /// Steps that the other side has not made yet.
    ahead: VecDeque<String>,
    /// Sketches that would show more of the way than the other side has made.
    sketches: VecDeque<Sketch>,
    /// Of the way from noise to the picture.
    share: f64,
    done: Option<Finished>,
}

/// The end of one side.
#[derive(Debug, Clone)]
enum Finished {
    Text(Done),
    /// With the last sketch, which is the picture.
    Picture(Drawn, Sketch),
}

impl Session {
    fn written(&mut self, side: Side) -> &mut Written {
        if side == Side::Left { &mut self.left } else { &mut self.right }
    }
}

/// The whole of a live battle page.
#[derive(Clone, Copy)]
pub(super) struct Maker {
    arena: StoredValue<ArenaSlug>,
    /// Whether its contestants draw.
    pub(super) draws: bool,
    pub(super) setup: Setup,
    pub(super) vote: Vote,
    pub(super) bundle: RwSignal<Bundle>,
    pub(super) state: RwSignal<State>,
    pub(super) left: Card,
    pub(super) right: Card,
    session: StoredValue<Session>,
    /// Two workers, kept from battle to battle; none before the page is awake.
    clients: StoredValue<Option<[Client; 2]>>,
}

const SIDES: [Side; 2] = [Side::Left, Side::Right];

impl Card {
    fn new() -> Self {
        Self {
            text: RwSignal::default(),
            tokens: RwSignal::default(),
            sketch: RwSignal::default(),
            state: RwSignal::default(),
        }
    }

    fn clear(self, bytes: u64) {
        self.text.set(String::new());
        self.tokens.set(0);
        self.sketch.set(None);
        let loading = Loading::of(bytes);
        self.state.set(CardState { loading, ..CardState::default() });
    }
}

impl Maker {
    pub(super) fn new(arena: ArenaSlug, setup: Setup, publish: bool) -> Self {
        Self {
            vote: Vote::on_live_battles(&arena, publish),
            arena: StoredValue::new(arena),
            draws: setup.draws(),
            setup,
            bundle: RwSignal::default(),
            state: RwSignal::default(),
            left: Card::new(),
            right: Card::new(),
            session: StoredValue::default(),
            clients: StoredValue::new(None),
        }
    }

    /// In the browser, once.
    pub(super) fn wake(self) {
        let client = || Client::new(move |client, event| self.hear(client, event));
        self.clients.set_value(Some([client(), client()]));
        self.setup.recall();
        bundle::look(self.bundle);
    }

    pub(super) fn card(self, side: Side) -> Card {
        if side == Side::Left { self.left } else { self.right }
    }

    pub(super) fn phase(self) -> Phase {
        self.state.with(|state| state.phase)
    }

    /// Whether a battle can be started: the worker's code is there, and enough models are chosen.
    pub(super) fn can_start(self) -> bool {
        self.bundle.with(|bundle| matches!(bundle, Bundle::Found(..))) && self.setup.is_enough()
    }

    /// Draws a battle and has it written.
    pub(super) fn generate(self) {
        let phase = self.state.with_untracked(|state| state.phase);
        if !untrack(|| self.can_start()) || matches!(phase, Phase::Drawing | Phase::Sending) {
            return;
        }
        self.abandon();
        self.vote.open(String::new());
        self.setup.agree();
        self.enter(Phase::Drawing);
        spawn_local(async move {
            let (arena, prompt, models) =
                (self.arena.get_value(), self.setup.prompt.get_untracked(), self.setup.names());
            let source = self.setup.source.get_untracked();
            let fields = [
                ("arena", arena.as_str()),
                ("prompt", prompt.as_str()),
                ("models", models.as_str()),
                ("source", source.as_str()),
            ];
            match post::<LiveBattle>(StartLive::PATH, &fields).await {
                Ok(battle) => {
                    let prompt_html = battle.prompt_html.as_str().to_owned();
                    let asked = battle.prompt.clone();
                    let source = battle.source.as_ref().map(|source| source.picture.address.clone());
                    self.state.update(|state| {
                        state.prompt_html = prompt_html;
                        state.asked = asked;
                        state.source = source.unwrap_or_default();
                    });
                    self.session.set_value(Session { battle: Some(battle), ..Session::default() });
                    focus_soon(STAGE_ID);
                    self.write();
                }
                Err(error) => self.trouble(Phase::Setup, words(&error), Remedy::None),
            }
        });
    }

    /// Has the drawn battle written, from its beginning.
    pub(super) fn write(self) {
        let (Some(clients), Some(battle)) =
            (self.clients.get_value(), self.session.with_value(|one| one.battle.clone()))
        else {
            return;
        };
        let Some(bundle) = self.bundle.with_untracked(|bundle| match bundle {
            Bundle::Found(address, _) => Some(address.clone()),
            _ => None,
        }) else {
            let notice = self.bundle.with_untracked(Bundle::notice).to_owned();
            return self.trouble(Phase::Over, notice, Remedy::Another);
        };
        let backend = self.setup.backend.get_untracked();
        let crossed = fits(clients, &battle, backend, true) > fits(clients, &battle, backend, false);
        self.left.clear(bytes(&battle.left));
        self.right.clear(bytes(&battle.right));
        let sides = [battle.left.clone(), battle.right.clone()];
        self.session.set_value(Session { battle: Some(battle), crossed, ..Session::default() });
        self.enter(Phase::Loading);
        for (side, what) in SIDES.into_iter().zip(sides) {
            let Some(client) = self.client(side) else { continue };
            let ready = match &what.work {
                LiveWork::Write { .. } => client.load(&bundle, &what.model, backend),
                LiveWork::Draw { captions, .. } => {
                    client.load_painter(&bundle, painter(&what.model, captions), backend)
                }
            };
            if let Some(ready) = ready {
                self.be_ready(side, ready);
            }
        }
    }

    /// Ends both sides where they are, and lets the visitor vote on what there is.
    pub(super) fn stop(self) {
        for side in SIDES {
            if let Some(client) = self.client(side) {
                client.stop();
            }
        }
    }

    /// Back to the form. What is under way is given up; loaded models stay.
    pub(super) fn change(self) {
        self.abandon();
        self.vote.open(String::new());
        self.enter(Phase::Setup);
        self.setup.look_into_cache();
        focus_soon("live-prompt");
    }

    /// Hands both in.
    pub(super) fn send(self) {
        let Some((ticket, answers)) = self.session.try_update_value(answers).flatten() else {
            return self.trouble(Phase::Over, words(&ApiError::GenerationRefused), Remedy::Another);
        };
        if is_empty(&answers.left) && is_empty(&answers.right) {
            let text = "It was stopped before there was anything to compare. Nothing was stored.".to_owned();
            return self.trouble(Phase::Over, text, Remedy::Another);
        }
        let answers = match serde_json::to_string(&answers) {
            Ok(answers) => answers,
            Err(error) => return self.trouble(Phase::Over, error.to_string(), Remedy::Another),
        };
        self.enter(Phase::Sending);
        spawn_local(async move {
            let fields = [("ticket", ticket.as_str()), ("answers", answers.as_str())];
            match post::<LiveReady>(FinishLive::PATH, &fields).await {
                Ok(ready) => {
                    let LiveReady { ticket, left, right } = ready;
                    self.left.state.update(|card| card.html = left.as_str().to_owned());
                    self.right.state.update(|card| card.html = right.as_str().to_owned());
                    self.vote.open(ticket);
                    self.enter(Phase::Voting);
                }
                Err(error) => self.trouble(Phase::Over, words(&error), remedy(&error)),
            }
        });
    }

    fn hear(self, client: Client, event: Event) {
        let phase = self.state.with_untracked(|state| state.phase);
        if !matches!(phase, Phase::Loading | Phase::Writing) {
            return;
        }
        let Some(side) = SIDES.into_iter().find(|side| self.client(*side) == Some(client)) else { return };
        match event {
            Event::Progress { .. } | Event::Preparing => {
                self.card(side).state.update(|card| card.loading.hear(&event, now_millis()));
            }
            Event::Ready(ready) => self.be_ready(side, ready),
            Event::Step(step) => {
                self.session.update_value(|session| {
                    session.pace.step(side);
                    session.written(side).ahead.push_back(step.text);
                });
                self.proceed();
            }
            Event::Done(done) => {
                self.card(side).state.update(|card| card.over = Some(done.finish));
                self.end(side, Some(Finished::Text(done)));
            }
            Event::Sketch(sketch) => {
                self.session.update_value(|session| {
                    let written = session.written(side);
                    written.share = share_of(&sketch);
                    written.sketches.push_back(sketch);
                });
                self.unveil();
            }
            Event::Drawn(drawn) => {
                let last = self.session.try_update_value(|session| session.written(side).sketches.back().cloned());
                self.end(side, last.flatten().map(|last| Finished::Picture(drawn, last)));
            }
            Event::Failed { error, .. } => self.fail(side, &error),
            Event::Started { .. }
            | Event::Verdict(_)
            | Event::Judged { .. }
            | Event::Epoch(_)
            | Event::Learned { .. } => {}
        }
    }

    /// A side has made all that it makes.
    fn end(self, side: Side, finished: Option<Finished>) {
        let both = self.session.try_update_value(|session| {
            session.pace.finish(side);
            session.written(side).done = finished;
            session.left.done.is_some() && session.right.done.is_some()
        });
        self.proceed();
        if both == Some(true) {
            self.finish();
        }
    }

    fn be_ready(self, side: Side, ready: Ready) {
        self.card(side).state.update(|card| card.loading.hear(&Event::Ready(ready.clone()), now_millis()));
        let both = self.session.try_update_value(|session| {
            session.written(side).ready = Some(ready);
            session.left.ready.is_some() && session.right.ready.is_some()
        });
        let Some(battle) = self.session.with_value(|session| session.battle.clone()).filter(|_| both == Some(true))
        else {
            return;
        };
        self.enter(Phase::Writing);
        let LiveBattle { prompt, source, left, right, .. } = battle;
        for (side, what) in SIDES.into_iter().zip([left, right]) {
            let LiveSide { work, seed, .. } = what;
            let (Some(client), prompt) = (self.client(side), prompt.clone()) else { continue };
            match work {
                LiveWork::Write { system_prompt, sampler } => {
                    client.generate(Order { prompt, system_prompt, sampler, seed, steps: Some(Pace::FIRST_GRANT) });
                }
                LiveWork::Draw { sampler, .. } => {
                    let source = source.as_ref().map(|source| source.rgb.clone());
                    client.draw(prompt, sampler, source, seed);
                }
            }
        }
    }

    /// Shows of both pictures as much of their way as the slower one has made, so that neither their steps nor their speed tell who
    /// is who; of each the last sketch before that. The one of a single step appears at the end.
    fn unveil(self) {
        for side in SIDES {
            let shown = self.session.try_update_value(|session| {
                let limit = session.left.share.min(session.right.share);
                let sketches = &mut session.written(side).sketches;
                let visible = sketches.iter().take_while(|sketch| share_of(sketch) <= limit).count();
                // The one that is shown stays where it is: if it is the last, it is what is handed in.
                sketches.drain(..visible.saturating_sub(1));
                sketches.front().filter(|_| visible > 0).cloned()
            });
            let card = self.card(side);
            let is_new = |shown: &Sketch| card.sketch.with_untracked(|now| now.as_ref() != Some(shown));
            if let Some(sketch) = shown.flatten().filter(is_new) {
                card.sketch.set(Some(sketch));
            }
        }
    }

    /// Shows what both sides have, and lets them go on.
    fn proceed(self) {
        for side in SIDES {
            let card = self.card(side);
            let tokens = card.tokens.get_untracked();
            let next = self.session.try_update_value(|session| {
                let shown = session.pace.shown(side);
                let count = shown.saturating_sub(tokens) as usize;
                let ahead = &mut session.written(side).ahead;
                let text: String = ahead.drain(..count.min(ahead.len())).collect();
                (shown, text, session.pace.grant(side))
            });
            let Some((shown, text, grant)) = next else { return };
            if shown != tokens {
                card.tokens.set(shown);
            }
            if !text.is_empty() {
                card.text.update(|whole| whole.push_str(&text));
            }
            if let (Some(steps), Some(client)) = (grant, self.client(side)) {
                client.grant(steps);
            }
        }
    }

    fn finish(self) {
        for side in SIDES {
            let done = self.session.try_update_value(|session| {
                let written = session.written(side);
                Some((written.done.clone()?, written.ready.clone()?))
            });
            if let Some((done, ready)) = done.flatten() {
                let card = self.card(side);
                match done {
                    Finished::Text(done) => {
                        card.state.update(|card| card.facts = super::facts(&done, &ready));
                        card.text.set(done.text);
                    }
                    Finished::Picture(drawn, last) => {
                        card.state.update(|card| card.facts = super::picture_facts(&drawn, &ready));
                        card.sketch.set(Some(last));
                    }
                }
            }
        }
        self.send();
    }

    fn fail(self, side: Side, error: &WorkerError) {
        // The other side may finish its load: it is needed again.
        for client in self.clients.get_value().into_iter().flatten() {
            client.rest();
        }
        self.card(side).state.update(|card| card.broken = Some(error.message.clone()));
        // Its code may have been replaced by a newer one meanwhile.
        bundle::look(self.bundle);
        self.enter(Phase::Over);
    }

    fn abandon(self) {
        for client in self.clients.get_value().into_iter().flatten() {
            client.abandon();
        }
    }

    fn client(self, side: Side) -> Option<Client> {
        let crossed = self.session.with_value(|session| session.crossed);
        let [first, second] = self.clients.get_value()?;
        Some(if (side == Side::Left) == crossed { second } else { first })
    }

    fn enter(self, phase: Phase) {
        self.state.update(|state| {
            state.phase = phase;
            state.trouble = None;
        });
    }

    fn trouble(self, phase: Phase, text: String, remedy: Remedy) {
        self.state.update(|state| {
            state.phase = phase;
            state.trouble = Some(Trouble { text, remedy });
        });
    }
}

/// How many sides find their model loaded if the workers are taken straight, or crossed.
fn fits(clients: [Client; 2], battle: &LiveBattle, backend: BackendChoice, crossed: bool) -> usize {
    let [first, second] = clients;
    let [left, right] = if crossed { [second, first] } else { [first, second] };
    let holds = |client: Client, side: &LiveSide| match &side.work {
        LiveWork::Write { .. } => client.holds(&side.model, backend),
        LiveWork::Draw { captions, .. } => client.holds_painter(&painter(&side.model, captions), backend),
    };
    usize::from(holds(left, &battle.left)) + usize::from(holds(right, &battle.right))
}

fn painter(model: &BrowserModel, captions: &BrowserModel) -> Painter {
    let (model, captions) = (model.clone(), captions.clone());
    Painter {
        model: model.manifest,
        folder: model.folder,
        captions: captions.manifest,
        captions_folder: captions.folder,
    }
}

/// Bytes of all that a side needs.
fn bytes(side: &LiveSide) -> u64 {
    let captions = match &side.work {
        LiveWork::Write { .. } => 0,
        LiveWork::Draw { captions, .. } => captions.manifest.bytes(),
    };
    side.model.manifest.bytes() + captions
}

/// How much of its way a picture has made.
fn share_of(sketch: &Sketch) -> f64 {
    f64::from(sketch.step) / f64::from(sketch.steps.max(1))
}

fn is_empty(answer: &LiveAnswer) -> bool {
    matches!(&answer.content, LiveContent::Text { text, .. } if text.trim().is_empty())
}

/// What is handed in, with the right to do so.
fn answers(session: &mut Session) -> Option<(String, LiveAnswers)> {
    let answer = |written: &Written| {
        let device = written.ready.as_ref()?.device.clone();
        Some(match written.done.clone()? {
            Finished::Text(done) => {
                let Done { text, tokens, finish, tokens_per_second, weights_sha256, backend, .. } = done;
                let content = LiveContent::Text { text, tokens, finish, tokens_per_second };
                LiveAnswer { content, weights_sha256, backend, device }
            }
            Finished::Picture(Drawn { weights_sha256, backend, .. }, Sketch { side, rgb, .. }) => {
                LiveAnswer { content: LiveContent::Picture { side, rgb }, weights_sha256, backend, device }
            }
        })
    };
    let ticket = session.battle.as_ref()?.ticket.clone();
    Some((ticket, LiveAnswers { left: answer(&session.left)?, right: answer(&session.right)? }))
}

/// What a server's refusal means here, where no vote is at stake yet.
fn words(error: &ApiError) -> String {
    match error {
        ApiError::Offline => "The server could not be reached. Check your connection and try again.".to_owned(),
        ApiError::Unanswered => "The server’s answer did not arrive. Try again.".to_owned(),
        ApiError::TicketExpired | ApiError::TicketInvalid | ApiError::TicketForeign => {
            "This battle was drawn too long ago, or for another visitor. Nothing was stored.".to_owned()
        }
        _ => error.to_string(),
    }
}

fn remedy(error: &ApiError) -> Remedy {
    match error {
        ApiError::Offline | ApiError::Unanswered | ApiError::NotCounted | ApiError::Internal { .. } => {
            Remedy::SendAgain
        }
        _ => Remedy::Another,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_keeps_the_texts_and_a_refusal_asks_for_others() {
        assert_eq!(remedy(&ApiError::Offline), Remedy::SendAgain);
        assert_eq!(remedy(&ApiError::Unanswered), Remedy::SendAgain);
        for error in [ApiError::Identical, ApiError::GenerationRefused, ApiError::TicketExpired] {
            assert_eq!(remedy(&error), Remedy::Another);
        }
    }

    #[test]
    fn before_there_is_a_vote_no_message_speaks_of_one() {
        for error in [ApiError::Offline, ApiError::Unanswered, ApiError::TicketExpired, ApiError::Identical] {
            assert!(!words(&error).contains("vote"), "{error:?}");
        }
    }
}
