// The prompts of the built-in text arena, all written for it (CC0-1.0).
//
// They are short and ask for short answers, because a model of 135 million parameters loses the thread after a
// few sentences and a visitor should be able to judge two answers in ten seconds. None asks the model who it is
// (battles are blind) and none touches people who live or lived.
//
// A prompt's slug feeds the seeds, so reordering or adding prompts leaves all other answers as they are.

export const prompts = [
  ["lighthouse-cat", "story", "Write a three-sentence story about a cat who lives in a lighthouse."],
  ["last-cookie", "story", "Tell a very short story about the last cookie in the jar."],
  ["dragon-afraid-of-fire", "story", "Tell a tiny bedtime story about a dragon who is afraid of fire."],
  ["robot-garden", "story", "In three sentences, tell how a small robot learned to grow flowers."],
  ["first-line-mystery", "story", "Write the first two sentences of a mystery set in a bakery."],
  ["why-sky-blue", "explain", "Explain to a five-year-old why the sky is blue."],
  ["what-is-internet", "explain", "Explain the internet to a child with a simple comparison."],
  ["how-bees-make-honey", "explain", "How do bees make honey? Answer in two or three simple sentences."],
  ["why-we-sleep", "explain", "Why do we need to sleep? Explain it to a child."],
  ["penguin-joke", "joke", "Tell me a joke about a penguin."],
  ["vegetable-pun", "joke", "Make a pun about a vegetable."],
  ["chicken-road", "joke", "Why did the chicken cross the road? Give a new, silly answer."],
  ["haiku-rain", "poem", "Write a haiku about rain on a window."],
  ["frog-rhyme", "poem", "Write a short rhyme about a frog who loves to dance."],
  ["rhyme-monday", "poem", "Write a four-line rhyming poem about Monday morning."],
  ["ode-to-toast", "poem", "Write a short, dramatic poem in praise of toast."],
  ["rainy-day-list", "list", "List five fun things to do on a rainy day."],
  ["picnic-list", "list", "List three things to bring to a picnic, and say why."],
  ["time-machine-list", "list", "You have a time machine. Name three moments you would visit."],
  ["advice-new-school", "advice", "Give one piece of advice to a child starting at a new school."],
  ["advice-plant", "advice", "My house plant looks sad. What should I do?"],
  ["advice-wake-up", "advice", "What is the best way to wake up early without being grumpy?"],
  ["define-friendship", "definition", "Define friendship in one sentence."],
  ["define-umbrella", "definition", "Describe an umbrella to someone who has never seen one."],
  ["name-bakery", "naming", "Suggest three funny names for a bakery where every loaf looks like an animal."],
  ["name-pet-snail", "naming", "What should I name my pet snail, and why?"],
  ["name-ice-cream", "naming", "Invent a new ice cream flavour and describe it in one sentence."],
  ["three-apples", "reasoning", "I have three apples, I eat one and a friend gives me two. How many apples do I have now?"],
  ["feather-or-brick", "reasoning", "Which is heavier: a feather or a brick? Explain why."],
  ["odd-one-out", "reasoning", "Which is the odd one out: apple, banana, carrot, cherry? Explain."],
  ["try-broccoli", "persuasion", "Convince a child to taste broccoli, in two or three sentences."],
  ["cats-or-dogs", "persuasion", "Which are better pets, cats or dogs? Pick one and argue for it."],
  ["slogan-umbrella", "slogan", "Write a catchy slogan for an umbrella shop."],
  ["slogan-slow-train", "slogan", "Write an advertising slogan for the slowest train in the world."],
  ["dialogue-sun-moon", "dialogue", "Write a short dialogue between the sun and the moon."],
  ["dialogue-cat-dog", "dialogue", "A cat and a dog discuss who owns the sofa. Write four lines of dialogue."],
  ["recipe-sandwich", "recipe", "Give me a simple recipe for the perfect sandwich."],
  ["bear-birthday-cake", "recipe", "Write a short recipe for a birthday cake that a bear would love."],
  ["apology-letter-goat", "letter", "My goat ate the neighbour's hat. Write a short, polite apology."],
  ["postcard-moon", "letter", "Write a postcard to a friend from a holiday on the moon."],
].map(([slug, category, text]) => ({ slug, text, category }));
