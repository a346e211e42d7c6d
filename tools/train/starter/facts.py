"""Small tables of general knowledge from which the chat examples are composed.

Everything here was written for Hearth. Facts are of the kind a child knows, so none needs a source.
"""

CAPITALS = dict(pair.split(":") for pair in (
    "France:Paris|Germany:Berlin|Italy:Rome|Spain:Madrid|Portugal:Lisbon|England:London|Scotland:Edinburgh|"
    "Ireland:Dublin|Norway:Oslo|Sweden:Stockholm|Finland:Helsinki|Denmark:Copenhagen|Poland:Warsaw|Austria:Vienna|"
    "Switzerland:Bern|Belgium:Brussels|Greece:Athens|Hungary:Budapest|Romania:Bucharest|Bulgaria:Sofia|"
    "Croatia:Zagreb|Serbia:Belgrade|Ukraine:Kyiv|Russia:Moscow|Turkey:Ankara|Egypt:Cairo|Kenya:Nairobi|"
    "Nigeria:Abuja|Ghana:Accra|Morocco:Rabat|Ethiopia:Addis Ababa|India:New Delhi|China:Beijing|Japan:Tokyo|"
    "South Korea:Seoul|Thailand:Bangkok|Vietnam:Hanoi|Indonesia:Jakarta|Australia:Canberra|"
    "New Zealand:Wellington|Canada:Ottawa|Mexico:Mexico City|Cuba:Havana|Brazil:Brasilia|"
    "Argentina:Buenos Aires|Chile:Santiago|Peru:Lima|Colombia:Bogota|Iceland:Reykjavik|Estonia:Tallinn|"
    "Latvia:Riga|Lithuania:Vilnius|Iran:Tehran|Iraq:Baghdad|the Netherlands:Amsterdam|"
    "the United States:Washington, D.C.|the United Kingdom:London|the Czech Republic:Prague").split("|"))

OPPOSITES = dict(pair.split(":") for pair in (
    "hot:cold|big:small|up:down|left:right|day:night|fast:slow|high:low|open:closed|wet:dry|hard:soft|old:new|"
    "young:old|happy:sad|good:bad|light:dark|full:empty|long:short|rich:poor|strong:weak|early:late|near:far|"
    "in:out|on:off|yes:no|true:false|loud:quiet|clean:dirty|heavy:light|thick:thin|wide:narrow|deep:shallow|"
    "first:last|always:never|love:hate|begin:end|buy:sell|give:take|win:lose|push:pull|north:south|east:west|"
    "sweet:sour|smooth:rough|brave:afraid|black:white|inside:outside|above:below|front:back").split("|"))

COLOURS = dict(pair.split(":") for pair in (
    "the sky:blue|grass:green|snow:white|a banana:yellow|the sun:yellow|blood:red|coal:black|an orange:orange|"
    "a strawberry:red|a tomato:red|a lemon:yellow|milk:white|a carrot:orange|a leaf:green|the sea:blue|"
    "a cucumber:green|gold:yellow|silver:grey|chocolate:brown|an elephant:grey|a frog:green|a plum:purple|"
    "a cherry:red|paper:white|the night:black|a fire engine:red|a crow:black|wood:brown").split("|"))

SOUNDS = dict(pair.split(":") for pair in (
    "dog:woof|cat:meow|cow:moo|sheep:baa|duck:quack|pig:oink|horse:neigh|bee:buzz|lion:roar|owl:hoot|mouse:squeak|"
    "frog:ribbit|rooster:cock-a-doodle-doo|snake:hiss|bird:tweet|hen:cluck|wolf:howl").split("|"))

YOUNG = dict(pair.split(":") for pair in (
    "dog:puppy|cat:kitten|cow:calf|sheep:lamb|duck:duckling|pig:piglet|horse:foal|hen:chick|lion:cub|bear:cub|"
    "goat:kid|swan:cygnet|goose:gosling|deer:fawn|frog:tadpole|kangaroo:joey").split("|"))

LEGS = {"dog": "four", "cat": "four", "cow": "four", "horse": "four", "bird": "two", "person": "two", "hen": "two",
        "spider": "eight", "ant": "six", "bee": "six", "snake": "no", "fish": "no", "table": "four", "frog": "four"}

SIDES = {"triangle": "three", "square": "four", "rectangle": "four", "pentagon": "five", "hexagon": "six",
         "octagon": "eight"}

MEANINGS = dict(pair.split(":") for pair in (
    "dog:a pet animal that barks and likes to run|cat:a small pet animal that likes to sleep and to hunt mice|"
    "cow:a large farm animal that gives milk|horse:a large animal that people can ride|bird:an animal with wings and feathers|"
    "fish:an animal that lives in water and swims|bee:a small insect that makes honey|tree:a tall plant with a trunk and leaves|"
    "flower:the pretty part of a plant|river:water that flows through the land|lake:a lot of water with land around it|"
    "mountain:a very high hill|island:land with water all around it|desert:a dry place with very little rain|"
    "house:a building where people live|school:a place where children learn|book:a set of pages that you can read|"
    "chair:a thing to sit on|table:a flat thing with legs to put things on|bed:a thing to sleep on|"
    "car:a machine with four wheels that takes people along the road|train:a row of wagons that runs on rails|"
    "boat:a thing that floats and carries people over water|bicycle:a machine with two wheels that you ride|"
    "computer:a machine that follows instructions and works with data|robot:a machine that can move and work by itself|"
    "bread:a food that is baked from flour and water|apple:a round fruit that grows on a tree|milk:a white drink that comes from cows|"
    "rain:water that falls from clouds|snow:frozen water that falls in soft white flakes|wind:air that moves|"
    "star:a very hot ball of gas far away in space|planet:a large ball that goes around a star|"
    "hearth:the place in a home where the fire burns|fire:the heat and light of things that burn|"
    "king:a man who rules a country|doctor:a person who helps sick people|teacher:a person who helps others to learn|"
    "friend:a person whom you like and trust|clock:a thing that shows the time|map:a picture that shows where places are|"
    "song:words that are sung to music|garden:a piece of land where plants grow|kitchen:a room where food is made|"
    "bridge:a way over a river or a road|door:a thing that you open to go into a room|key:a small thing that opens a lock").split("|"))

KINDS = {
    "animals": "a dog, a cat and a horse", "fruits": "an apple, a pear and a plum", "colours": "red, green and blue",
    "colors": "red, green and blue", "vegetables": "a carrot, a bean and a potato", "birds": "an owl, a crow and a duck",
    "countries": "France, Japan and Peru", "cities": "Paris, Tokyo and Cairo", "planets": "Mars, Venus and Saturn",
    "trees": "an oak, a birch and a pine", "months": "January, May and October", "numbers": "one, two and three",
    "seasons": "spring, summer and autumn", "shapes": "a circle, a square and a triangle", "letters": "A, B and C",
    "drinks": "water, milk and tea", "fish": "a salmon, a trout and a cod", "flowers": "a rose, a tulip and a daisy",
}

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
           "seventeen eighteen nineteen twenty").split()

# Question forms separated by '|', then the one answer.
SINGLE_FACTS = [
    ("How many days are in a week?|How many days does a week have?", "A week has seven days."),
    ("How many months are in a year?|How many months does a year have?", "A year has twelve months."),
    ("How many days are in a year?", "A year has 365 days, and a leap year has 366."),
    ("How many hours are in a day?|How many hours does a day have?", "A day has 24 hours."),
    ("How many minutes are in an hour?", "An hour has 60 minutes."),
    ("How many seconds are in a minute?", "A minute has 60 seconds."),
    ("How many seasons are there?|What are the seasons?|Name the seasons.",
     "There are four seasons: spring, summer, autumn and winter."),
    ("What are the days of the week?|Name the days of the week.|List the days of the week.",
     "The days of the week are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday."),
    ("What are the months of the year?|Name the months.|List the months of the year.",
     "The months are January, February, March, April, May, June, July, August, September, October, November and December."),
    ("How many planets are there?|How many planets are in the solar system?", "There are eight planets in the solar system."),
    ("What is the largest planet?|Which planet is the biggest?", "The largest planet is Jupiter."),
    ("What is the smallest planet?", "The smallest planet is Mercury."),
    ("What planet do we live on?|Which planet do we live on?", "We live on the planet Earth."),
    ("What is the red planet?|Which planet is red?", "The red planet is Mars."),
    ("What is the capital of the world?", "The world has no capital. Each country has its own."),
    ("What is the largest ocean?|What is the biggest ocean?", "The largest ocean is the Pacific Ocean."),
    ("What is the largest animal?|What is the biggest animal?", "The largest animal is the blue whale."),
    ("What is the tallest animal?", "The tallest animal is the giraffe."),
    ("What is the fastest animal on land?|What is the fastest land animal?", "The fastest animal on land is the cheetah."),
    ("What is the highest mountain?|What is the tallest mountain?", "The highest mountain on Earth is Mount Everest."),
    ("At what temperature does water boil?|When does water boil?", "Water boils at 100 degrees Celsius."),
    ("At what temperature does water freeze?|When does water freeze?", "Water freezes at 0 degrees Celsius."),
    ("What is ice?|What is ice made of?", "Ice is frozen water."),
    ("What is water made of?|What is H2O?", "Water is made of hydrogen and oxygen."),
    ("Why is the sky blue?", "The air scatters blue light more than red light, so the sky looks blue."),
    ("What do bees make?", "Bees make honey."), ("What do cows drink?", "Cows drink water."),
    ("What do cows give?", "Cows give milk."), ("What do plants need?", "Plants need light, water and air."),
    ("Is the Earth round?|Is the earth flat?", "The Earth is round."),
    ("Is the sun hot?", "Yes, the sun is very hot."), ("Is ice cold?", "Yes, ice is cold."),
    ("Is fire hot?", "Yes, fire is hot."), ("Can fish swim?", "Yes, fish can swim."), ("Can birds fly?", "Yes, most birds can fly."),
    ("Can dogs fly?|Can cats fly?|Can pigs fly?", "No, they cannot fly."),
    ("How many letters are in the alphabet?", "The English alphabet has 26 letters."),
    ("What is the first letter of the alphabet?", "The first letter of the alphabet is A."),
    ("What is the last letter of the alphabet?", "The last letter of the alphabet is Z."),
    ("Say the alphabet.|What is the alphabet?|Recite the alphabet.", "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"),
    ("How many fingers do I have?|How many fingers does a hand have?", "A hand has five fingers, and two hands have ten."),
    ("Where does the sun rise?", "The sun rises in the east."), ("Where does the sun set?", "The sun sets in the west."),
    ("Who wrote Hamlet?|Who wrote Romeo and Juliet?|Who wrote Macbeth?", "William Shakespeare wrote it."),
    ("Who wrote Pride and Prejudice?|Who wrote Emma?", "Jane Austen wrote it."),
    ("What comes first, the chicken or the egg?", "Nobody agrees on that, and I am too small to settle it."),
    ("What is the answer to life, the universe and everything?|What is the meaning of life?",
     "That is too big a question for a tiny model like me."),
    ("Name the colours of the rainbow.|What are the colors of the rainbow?|What are the colours of the rainbow?",
     "The colours of the rainbow are red, orange, yellow, green, blue, indigo and violet."),
    ("What is bigger, an elephant or a mouse?|Which is bigger, a mouse or an elephant?", "An elephant is bigger than a mouse."),
    ("What is hotter, fire or ice?|Which is colder, ice or fire?", "Fire is hot and ice is cold."),
]
