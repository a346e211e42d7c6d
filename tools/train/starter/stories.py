"""Short stories composed from parts, for plain text and for chat answers. All parts were written for Hearth."""

import random

HEROES = ("fox cat dog bear mouse rabbit owl frog hen duck horse goat sheep crow squirrel hedgehog turtle robot girl boy "
          "dragon wizard king queen farmer baker sailor bird fish bee wolf lion pig cow").split()
NAMES = "Pip Mia Tom Lily Ben Anna Max Rosa Finn Clara Oto Nell Sam Ida Leo Ruby Hugo Vera Jack Emma Tilly Bruno".split()
SIZES = "small little young kind brave clever quiet happy old tiny".split()
PLACES = ("in a green forest|by a wide river|near the sea|on a high hill|in a small village|behind an old mill|"
          "at the edge of the woods|in a stone house|next to a deep lake|under a big oak tree").split("|")
FRIENDS = "an old owl|a friendly bear|a wise turtle|a quick squirrel|a kind old woman|a merry sailor|a grey goose".split("|")

# wish, trouble, advice, ending
PLOTS = [tuple(row.split("|")) for row in (
    "wanted to see the stars up close|The sky was full of clouds that night|Wait for the wind, and then look again|"
    "The wind blew the clouds away, and the stars were bright",
    "looked for a warm place for the winter|The first snow fell, and every door was closed|Build a fire and the warmth will stay|"
    "Soon a little fire burned, and the house was warm",
    "wanted to cross the water|The bridge was broken and the water was cold|Find a fallen tree and walk over it|"
    "A long tree lay across the water, and the way was safe",
    "lost a shiny red ball|The ball had rolled far away into the dark|Look where the ground goes down|"
    "The ball was lying at the foot of the hill",
    "wanted to bake the best bread in the land|There was no flour left in the house|Share your eggs, and your friends will share their flour|"
    "The bread was golden and soft, and there was enough for everyone",
    "wanted to learn a new song|The song was long, and the words were hard|Sing one line each day|"
    "After seven days the whole song was ready",
    "was afraid of the dark|One night the lamp went out|Listen, for the dark has gentle sounds|"
    "The dark was full of crickets, and it was not so bad at all",
    "wanted to find a new friend|Nobody was on the road that day|Say hello to the first one you meet|"
    "They played until the sun went down",
    "planted a tiny seed|The rain did not come for many days|Bring a little water every morning|"
    "A tall yellow flower stood in the sun",
    "heard a strange noise in the night|Something was knocking on the roof|Go and look, and take a light with you|"
    "It was only an apple that had fallen from the tree",
)]
MORALS = ("From that day on they were the best of friends.|And they all lived happily ever after.|"
          "That night everyone slept very well.|And that is how a small wish came true.").split("|")


def article(word: str) -> str:
    """The word with its indefinite article."""
    return ("an " if word[0].lower() in "aeiou" else "a ") + word


def story(rng: random.Random, hero: str = "") -> str:
    """One story of six to nine sentences; `hero` may be any noun."""
    hero = hero or rng.choice(HEROES)
    name, friend = rng.choice(NAMES), rng.choice(FRIENDS)
    wish, trouble, advice, ending = rng.choice(PLOTS)
    parts = [f"Once upon a time there was {article(rng.choice(SIZES))} {hero} named {name}.",
             f"{name} lived {rng.choice(PLACES)}.", f"One day {name} {wish}.", f"{trouble}.",
             f"{name} did not know what to do."]
    if rng.random() < 0.5:
        parts.append(f"So {name} sat down and thought for a long time.")
    parts += [f"Then {friend} came along and said, \"{advice}.\"", f"{name} did just that.", f"{ending}.",
              rng.choice(MORALS)]
    return " ".join(parts)
