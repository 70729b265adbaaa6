use leptos::prelude::*;

use crate::components::head::PageHead;

/// How votes become ranks, and what is kept of a voter.
#[component]
pub(crate) fn AboutPage() -> impl IntoView {
    view! {
        <PageHead
            title="How it works"
            description="How Plaudit keeps votes blind, how votes become ranks with intervals, and what is stored about a voter."
        />
        <article class="article">
            <h1>"How it works"</h1>
            <p class="lead">"Plaudit shows two answers to one prompt without names, asks which is better, and ranks the contestants by the votes. This page says how, and how far the numbers can be trusted."</p>

            <h2 id="voting">"Voting"</h2>
            <p>"A battle is one prompt and two generations by different contestants, in random order. There are four answers: A is better, B is better, a tie, or both are bad. Skipping is not an answer and counts for nothing."</p>
            <p>"Nothing that your browser receives before your vote is counted tells who wrote which side. Instead of names it gets a ticket: sealed by the server, made for you alone, good for one vote, and valid for a few hours. The names appear only after the vote is safely stored."</p>
            <p>"You can take a vote back within ten seconds. It then stays in the log, marked as withdrawn, and no longer counts."</p>

            <h2 id="ranks">"Ratings and ranks"</h2>
            <p>"The default board uses the Bradley-Terry model. It gives each contestant a strength so that the chance of one beating another depends only on the difference between their strengths, and it picks the strengths that make the votes seen the most likely ones. A tie, and both bad alike, count as half a win for each side. The order of the votes does not matter."</p>
            <p>"Ratings are written on the scale known from chess: 400 points are odds of ten to one, and the mean of all contestants is 1000."</p>
            <div class="scroll" tabindex="0" role="region" aria-label="What a rating difference means">
                <table class="plain-table">
                    <caption>"What a rating difference means"</caption>
                    <thead><tr><th scope="col">"Difference"</th><th scope="col">"Expected win rate of the better one"</th></tr></thead>
                    <tbody>
                        <tr><td>"0"</td><td>"50 %"</td></tr>
                        <tr><td>"50"</td><td>"57 %"</td></tr>
                        <tr><td>"100"</td><td>"64 %"</td></tr>
                        <tr><td>"200"</td><td>"76 %"</td></tr>
                        <tr><td>"400"</td><td>"91 %"</td></tr>
                    </tbody>
                </table>
            </div>
            <h3 id="intervals">"Intervals"</h3>
            <p>"Every rating comes with a 95 % interval. We use the sandwich estimator, which stays honest when the model does not describe the votes perfectly; with ties counted as half wins, the textbook formula would give intervals that are too wide. After very few battles, where the sandwich would claim too much, the wider of the two is shown."</p>
            <p>"A rank is one more than the number of contestants that are better with 95 % confidence: those whose whole interval lies above. Contestants that the votes cannot tell apart share a rank."</p>
            <h3 id="prior">"When the votes cannot decide"</h3>
            <p>"If somebody has won or lost every battle, or if two groups of contestants never met, no finite rating fits best. The board then adds a weak prior, which expects ratings to lie within some 400 points of the mean and weighs less than one even battle, and says so above the table."</p>
            <h3 id="elo">"Elo"</h3>
            <p>"The second board is Elo with K = 4: it walks through the votes in the order in which they were cast and moves two ratings a little each time. It is well known and easy to check, but it depends on that order and has no interval here."</p>

            <h2 id="imported">"Imported votes"</h2>
            <p>"Some arenas hold votes from other public data sets. They are kept apart from those cast here: each board can count all votes, only those cast here, or only the imported ones."</p>

            <h2 id="privacy">"Privacy"</h2>
            <p>"You need no account. One cookie holds a random pseudonym, so that a battle cannot be voted on twice and you can undo your own vote. No IP address and no name is stored with a vote. With each vote you say whether it may be published as open data; it counts on the boards either way, and " <a href="/data#publication">"you can change your mind"</a> ". There is no tracking and nothing is loaded from other sites."</p>
        </article>
    }
}
