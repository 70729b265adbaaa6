// Prompts for the training text of the model "tiny": templates times word lists, all written for it (CC0-1.0).
//
// They are of the kinds that the built-in arena asks, and none is one of the arena's own: `list.mjs` leaves those
// out, so that the arena's prompts stay unseen. The words are plain on purpose: a model of a million parameters learns
// to use a few thousand words well, or a great many badly.

import { mulberry32 } from "./random.mjs";

const words = (text) => text.trim().split(/\s*,\s*/);

const animals = words(`cat, dog, frog, bear, mouse, fox, owl, rabbit, duck, hen, goat, cow, horse, pig, sheep, snail,
  turtle, fish, whale, penguin, lion, tiger, elephant, monkey, bee, butterfly, ant, spider, hedgehog, squirrel, wolf,
  deer, crow, parrot, swan, goose, donkey, kitten, puppy, dragon, robot, crab, octopus, giraffe, bat, mole, beaver`);
const people = words(`girl, boy, baker, sailor, teacher, farmer, king, queen, princess, wizard, painter, postman, doctor,
  gardener, grandmother, grandfather, pirate, cook, fisherman, shepherd, clown, dancer, singer, knight, giant, child`);
const places = words(`forest, garden, village, castle, bakery, school, library, lighthouse, farm, mountain, beach, island,
  city, kitchen, park, river, cave, train station, market, desert, small town, treehouse, boat, museum, zoo, snowy field,
  old house, meadow, lake, toy shop`);
const things = words(`lost hat, red balloon, magic key, old clock, broken umbrella, little lamp, birthday cake, blue door,
  wooden boat, golden apple, warm scarf, paper plane, tiny star, music box, mirror, letter, map, kite, teapot, bicycle,
  snowman, cookie, bridge, drum, picture book, ring, lantern, feather, shiny stone, toy train, pumpkin, button, bell`);
const wishes = words(`wants to fly, is afraid of the dark, cannot sleep, loves to dance, wants a friend, learns to swim,
  finds a secret door, loses a shoe, bakes bread, wants to see the sea, learns to share, gets lost in the rain,
  plants a seed, loves music, is afraid of water, helps a stranger, wants to be brave, tells the truth, sings every
  morning, wins a race, builds a house, misses home, makes a new friend, wakes up late, is always hungry, loves the snow`);
const nature = words(`rain, snow, the sun, the moon, the stars, the wind, the sea, a river, clouds, a rainbow, thunder,
  autumn leaves, spring, summer, winter, night, the morning, flowers, trees, a mountain, a storm, ice, fog, sand`);
const everyday = words(`friendship, happiness, a bridge, a clock, a library, a school, music, a book, a chair, bread, honey,
  milk, a mirror, a window, a door, a spoon, a bicycle, a boat, a train, a garden, a family, a promise, a secret, a map,
  a letter, a birthday, a smile, a dream, courage, kindness, patience, trust, hope, love, a home, a lamp, soap, a hat,
  a shoe, a key, money, time, a game, a song, a story, a kite, a candle, a pencil, paper, glass, a pillow, a bell`);
const why = words(`do birds fly south, do cats purr, do dogs wag their tails, do leaves fall in autumn, does it rain,
  does ice float, is grass green, is the sea salty, do we dream, do we laugh, do we yawn, do we need water, do we eat
  vegetables, do we brush our teeth, do we go to school, do stars shine, does the moon change its shape, do bees buzz,
  do flowers smell sweet, do fish live in water, do we have seasons, is snow white, do trees have roots, do we cry,
  do we say thank you, do we shake hands, do we need friends, do we wear coats, do birds sing, do we need to rest,
  does bread rise, do boats float, do owls hunt at night, do bears sleep in winter, do we read books, do we share`);
const how = words(`do plants grow, do birds build nests, does a clock work, do fish breathe, is bread made, is cheese made,
  is paper made, does a boat stay on water, do spiders make webs, does rain form, does a seed become a tree, do ants
  work together, is chocolate made, do we hear sounds, do we see colors, does a kite fly, do we learn to read, is glass
  made, does the wind blow, do butterflies grow, does a bicycle stay up, is butter made, do we make friends`);
const problems = words(`I cannot sleep at night, my friend is angry with me, I lost my keys, I am bored, I am nervous about
  a test, my room is messy, I am always late, I feel lonely, I broke my mother's cup, my dog barks all day, my cat will
  not eat, I have to speak in front of my class, I am afraid of the dark, I forget things, I have a cold, I want to save
  money, my brother takes my toys, it is too hot today, my shoes are wet, I miss my grandmother, I want to eat less
  sugar, I burned the soup, I do not know what to cook, my plant is dying, I am tired in the morning, I had a bad day,
  I want to read more, I am new in town, my bicycle is broken, I cannot decide, I am shy, my team lost the game`);
const goals = words(`make a new friend, learn to swim, bake a cake, wake up early, sleep better, save money, be happy, stay
  calm, clean your room, learn a language, read more books, draw a cat, grow tomatoes, write a story, say sorry, be a good
  listener, make tea, keep a secret, train a dog, plan a party, learn the piano, eat healthy food, be more patient, cheer
  up a friend, get ready for school, work in a team, make soup, take care of a plant, ride a bicycle, make a snowman`);
const foods = words(`soup, pancakes, toast, a sandwich, a fruit salad, apple pie, cookies, bread, an omelette, pizza, rice,
  pasta, tea, hot chocolate, lemonade, a birthday cake, tomato soup, mashed potatoes, a salad, jam, ice cream, broccoli,
  carrots, spinach, cheese, honey, porridge, popcorn, a banana, strawberries`);
const activities = words(`a rainy day, a sunny day, a long train ride, the weekend, a birthday party, a snowy day, a picnic,
  the beach, a visit to grandmother, a quiet evening, a camping trip, the first day of school, a walk in the forest,
  a lazy Sunday, a holiday, a sleepover, a garden party`);
const shops = words(`bakery, book shop, toy shop, flower shop, shoe shop, hat shop, tea house, bicycle shop, ice cream shop,
  barber, fish shop, cheese shop, umbrella shop, pet shop, lamp shop, soap shop, candy shop, clock shop, pillow shop`);
const pets = words(`cat, dog, hamster, goldfish, parrot, turtle, rabbit, snail, pony, goat, duck, hedgehog, mouse, lizard`);
const choices = words(`cats or dogs, summer or winter, tea or coffee, books or films, the sea or the mountains, apples or
  oranges, mornings or evenings, trains or planes, soup or salad, cake or ice cream, rain or snow, the city or the
  country, drawing or singing, bread or rice, bicycles or cars, birds or fish, spring or autumn, running or swimming`);
const names = words(`Tom, Anna, Lily, Max, Mia, Ben, Lucy, Sam, Emma, Leo, Rose, Jack, Nora, Tim, Ella, Oscar, Ruby, Finn`);
const numbers = words(`two, three, four, five, six, seven, eight, nine, ten`);
const fruits = words(`apples, pears, plums, cookies, eggs, books, coins, pencils, balloons, oranges, cakes, stones`);
const feelings = words(`happy, sad, angry, proud, tired, brave, lonely, shy, excited, calm, grumpy, curious, thankful`);

/** Each kind: how often it is asked, and its templates; `{x}` is a word of the list `x`. */
const kinds = [
  [30, [
    "Write a short story about a {animals} who {wishes}.", "Tell me a story about a {people} who {wishes}.",
    "Write a three-sentence story about a {animals} in a {places}.", "Tell a bedtime story about a {animals} and a {animals}.",
    "Write a very short story about a {things}.", "Tell a tiny story about a {people} and a {things}.",
    "Write a story about {names}, who {wishes}.", "Tell a short story about a {animals} who finds a {things}.",
    "Write the first two sentences of a story set in a {places}.", "Tell a story about a {people} in a {places}.",
    "In three sentences, tell how a {animals} became {feelings}.", "Write a short story about {names} and a {animals}.",
  ]],
  [7, [
    "Tell me a joke about a {animals}.", "Make a joke about a {people}.", "Make a pun about {foods}.",
    "Why did the {animals} cross the road?", "Tell me a funny story about a {people} and a {animals}.",
    "Say something silly about {foods}.", "Why did the {animals} go to the {places}? Give a silly answer.",
  ]],
  [9, [
    "Write a short poem about {nature}.", "Write a poem about a {animals}.", "Write a haiku about {nature}.",
    "Write a short rhyme about a {animals} who {wishes}.", "Write a four-line poem about {everyday}.",
    "Write a poem in praise of {foods}.", "Write a short poem about feeling {feelings}.",
  ]],
  [12, [
    "Why {why}? Explain it to a child.", "Why {why}?", "How {how}?", "How {how}? Answer in two simple sentences.",
    "Explain {nature} to a child.", "Explain in simple words how {how2}.",
  ]],
  [8, [
    "What is {everyday}?", "Define {everyday} in one sentence.", "Describe {everyday} to someone who has never seen one.",
    "Describe a {animals} in one sentence.", "What does a {people} do?", "What does it mean to be {feelings}?",
  ]],
  [10, [
    "{Problems}. What should I do?", "How can I {goals}?", "Give me one piece of advice: how do I {goals}?",
    "What is the best way to {goals}?", "Give some advice to a {people} who {wishes}.", "{Problems}. Please help me.",
  ]],
  [6, [
    "List three fun things to do on {activities}.", "List three things to bring to {activities}.",
    "Name three things you can find in a {places}.", "List three reasons to like {nature}.",
    "Give me three ideas for {activities}.", "Name three animals that live near a {places}.",
  ]],
  [4, [
    "Suggest a name for my pet {pets}.", "What should I name my {pets}, and why?", "Suggest three names for a {shops}.",
    "Invent a new kind of {foods} and describe it.", "Think of a name for a {animals} who {wishes}.",
  ]],
  [3, [
    "{names} has {numbers} {fruits} and eats one. How many are left?", "Which is bigger: a {animals} or a {animals}?",
    "Which is heavier: a {things} or a {animals}? Explain why.", "What comes first, breakfast or dinner? Explain why.",
  ]],
  [4, [
    "Convince a child to taste {foods}.", "Which is better, {choices}? Pick one and say why.",
    "Persuade a friend to come to {activities}.", "Why should I visit a {places}?",
  ]],
  [3, ["Write a slogan for a {shops}.", "Write a catchy slogan for {foods}.", "Write an advertisement for a {things}."]],
  [5, [
    "Write a short dialogue between a {animals} and a {animals}.", "Write a short dialogue between a {people} and a {animals}.",
    "What would a {animals} say to a {people}?", "A {animals} and a {people} meet in a {places}. What do they say?",
  ]],
  [4, ["Give me a simple recipe for {foods}.", "How do I make {foods}?", "Write a short recipe that a {animals} would love."]],
  [5, [
    "Write a short letter from a {animals} to a {people}.", "Write a postcard from a {places}.",
    "Write a short thank-you note to a {people}.", "Write a polite apology: my {pets} broke the neighbour's {things}.",
    "Write a short birthday card for a {people}.",
  ]],
];

const lists = { animals, people, places, things, wishes, nature, everyday, why, how, problems, goals, foods, activities,
  shops, pets, choices, names, numbers, fruits, feelings };
lists.how2 = how.map((question) => question.replace(/^(do|does) /, "").replace(/^is (\w+) made$/, "$1 is made"))
  .map((text) => text.replace(/\s+/g, " "));

/** An endless, seeded stream of prompts; the same prompt may come back, and gets another answer then. */
export function* stream(seed) {
  const random = mulberry32(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (;;) {
    let at = random() * total;
    const [, templates] = kinds.find(([weight]) => (at -= weight) < 0) ?? kinds[0];
    const text = pick(templates).replace(/\{(\w+)\}/g, (_, name) => {
      const word = pick(lists[name.toLowerCase()]).replace(/\s+/g, " ");
      return /^[A-Z]/.test(name) ? word[0].toUpperCase() + word.slice(1) : word;
    });
    yield text.replace(/\b([Aa]) (?=[aeiou])/g, "$1n ");
  }
}
