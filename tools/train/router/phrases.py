"""Instructions as small grammars, written for Hearth: "[a|b|]" chooses one way of saying a part, "{name}" a word of a list.

One pattern gives many wordings, so that no single one is learnt by heart. What is composed from here trains; it is never a
test.
"""
import re

WORDS = {
    "text": "text|passage|paragraph|article|document|message|note|page|extract|piece|post|report|story|email|section|excerpt|content",
    "news": "news article|news item|headline|press release|news story|article|bulletin|piece of news|news report",
    "talk": "dialogue|conversation|chat|exchange|discussion|transcript of the call|group chat|talk|message thread",
    "opinion": "review|comment|customer review|product review|film review|feedback|opinion|tweet|critique|rating text",
    "writer": "reviewer|author|writer|customer|user|critic|person|buyer|viewer",
    "image": "image|picture|photo|photograph|screenshot|drawing|snapshot|scan|painting|illustration|shot|scene|pic|photo I attached|attached image|picture above|frame|diagram|poster|map",
    "speech": "recording|audio|voice message|voicemail|podcast|clip|interview|lecture|audio file|voice note|speech|memo|call|meeting recording|sound file|spoken message|video",
    "label": "label|category|class|topic|tag|type|section|group|heading|genre|department|theme|bucket",
    "please": "Please |Could you |Can you |Would you |I'd like you to |I need you to |Kindly |You should |||||Do me a favour and |Help me: |It'd be great if you could ",
    "language": "Python|JavaScript|C++|C|Rust|Go|Java|TypeScript|Ruby|PHP|Swift|Kotlin|C#|Bash|SQL|HTML|CSS|R|Lua|Perl|Haskell|Scala|React|jQuery|Django|NumPy|pandas|PowerShell|MATLAB|Dart",
    "model": "llama 3|gemma 2b|qwen 7b|mistral|phi-3|gpt-4o|claude|deepseek r1|whisper large|the small model|the big model|the local model|a 7B model|Mixtral 8x7B|falcon-40b|vicuna 13b|gemini pro|the coder model|the fast one|smollm|yi-34b|command-r|the 70b|zephyr|nous hermes|grok|o3|sonnet|haiku|the cloud model",
    "engine": "llama.cpp|vLLM|ollama|OpenVINO|ONNX Runtime|whisper.cpp|the GPU|the CPU|the NPU|CUDA|Metal|Vulkan|my laptop|this machine|a Raspberry Pi 5|my phone|8 GB of RAM|a 4090|the server|OpenAI|Anthropic|the local engine|another provider",
    "theme": "the sea|a lighthouse keeper|renewable energy|friendship|a lost dog|the moon landing|school uniforms|climate change|a robot who paints|my grandmother's kitchen|remote work|the history of tea|a small town in winter|artificial intelligence in medicine|migration|space travel|honesty|a detective in Lisbon|urban gardening|the French Revolution|a dragon who fears fire|water scarcity|online privacy|a wedding that goes wrong|two rival bakers|public transport|the value of sleep|a haunted library|first love|bees",
    "task": "reverse a string|sort a list of numbers|read a CSV file|parse JSON|find duplicates|count the vowels in a word|connect to a database|compute the factorial of n|find the largest element of an array|check whether a word is a palindrome|send an HTTP request|draw a bar chart|merge two dictionaries|validate an email address|make a login form|scrape a web page|remove empty lines from a file|implement a binary search tree|compute the Fibonacci numbers|convert Celsius to Fahrenheit|shuffle an array|group rows by date|build a to-do list|print a multiplication table|upload a file|cache results|match a phone number|generate random passwords|round a number|rename many files|calculate the mean of a column|handle a timeout|iterate over a map|swap two variables|create a class for a bank account|make a button change colour|select the top ten customers|join two tables|find the shortest path in a graph|detect a cycle in a linked list",
    "quiz": "Question:|Answer this question:|Quiz:|Give the answer:|Trivia:|I have a question:|Science question:|Answer in one word:|Reply with the correct answer:|Combine what you know and answer:|Exam question:|Q:|Here's one for you:|Please answer:|My homework asks:",
    "subject": "the moon|gravity|a cell membrane|sourdough bread|inflation|photosynthesis|the Roman Empire|jealousy|chess|the ozone layer|black holes|insulin|marathon running|a comet|kinetic energy|the Silk Road|a volcano|electrons|old age|coral reefs|vitamin D|jazz|an enzyme|the stock market|good manners|antibiotics|the Cold War|a glacier|fear of flying|friendship|the heart|limestone|a leap year|salt water|tectonic plates|a virus|the piano|making money online|losing weight|getting a PhD|public speaking|being an engineer|moving to Canada|a second language|dark matter|the human brain|meditation|a broken promise|rust|the atmosphere|DNA|tea|the Nobel Prize|an old bridge|owls|a rainbow",
    "kind": "organ|gas|planet|metal|animal|plant|process|country|person|layer|force|organism|vitamin|part of the cell|type of rock|hormone",
    "thing": "the cup|the lamp|a dog|the sign|the man on the left|the car|the chair|the table|the red object|the window|the person|the screen|the bottle|the wall|the shirt|the building|the bird|the bed|the plate|the clock|the cat|the shelf",
    "person": "Anna|Tom|Mr Lee|Priya|Jonas|the teacher|Omar|Sofia|the manager|Kate|Ben|Wei",
    "long": "long|detailed|thorough|five-paragraph|1000-word|1,500 word|two-page|in-depth|full-length|extensive|3-page|comprehensive|gripping|800-word|10-minute",
    "essay": "essay|story|short story|article|blog post|report|speech|screenplay|novel chapter|fairy tale|research paper|letter|white paper|play|monologue|fable|biography|memoir|sermon|travelogue|proposal|newsletter|thesis introduction|sci-fi story|dialogue|case study|column|diary entry|ballad|script|review article",
}

# Instructions about a text that comes with them, by class.
ABOUT_TEXT = {
    "summarize": (
        "[{please}][summarise|summarize|sum up|condense|shorten|recap|abridge|outline|compress|boil down] [this|the|the following|that] {text}[ in [one|two|three|a few] sentences| briefly| for a busy reader| in plain words|]",
        "[What|Tell me what] [is|are] the [main|key|central|most important] [point|points|idea|message|facts|takeaways] of this {text}[?|]",
        "[{please}][give|write|produce|provide|make|create] [me |][a|one] [short|brief|concise|quick|one-line|50-word] [summary|abstract|synopsis|digest|overview|outline] of [this|the|the following] [{text}|{talk}|{news}]",
        "[In a nutshell|In short|In brief|In a few words|To sum it up|The short version|Bottom line|Long story short|Simply put|All in all],",
        "How would you [put|say|phrase|sum up] that in [fewer|a few|ten] words?", "[TL;DR|TLDR|tl;dr|tldr]:", "Summary[ in one line|]:",
        "What [was|is] [this|that|the] [{talk}|{text}] about[, in short|, in one sentence|]?", "This {text} [comes|boils] down to",
        "[Pick|List|Extract|Highlight|Name] [the |][three|five|] [main points|key points|essentials|highlights|bullet points] [of|from] [this|the|this long] {text}",
        "[Write|Draft] [a|one] [headline|title and two lines|teaser|card|stub] that [captures|sums up|condenses] the {news}",
        "Who said what[ and what was agreed|]? [Short summary|Brief recap] of the {talk} please", "What should [one|I|a reader] remember from this {text}?"),
    "classify": (
        "[Which|What] {label} [best |][describes|fits|suits|matches] this {text}?", "[Which|What] {label} does [this|the] {text} [belong to|fall under|fall into|go in]?",
        "[{please}][choose|pick|select|assign|give|name] the [best|right|correct|most suitable|fitting] {label} for [this|the following] [{text}|{news}|{opinion}]",
        "Is [this|the following] {opinion} [positive or negative|favourable|good or bad|negative|positive|mixed]?",
        "[What|Which] [sentiment|emotion|feeling|mood|attitude|opinion|stance] does the {writer} [express|show|convey|have|hold][ here| in this {text}| towards the product|]?",
        "[Did|Does|Would] the {writer} [like|enjoy|recommend|approve of|dislike] [it|the film|the product|the place]?", "The {opinion} is [positive|negative], true or false?",
        "In which [part|section|column|page] of [a|the] [newspaper|site|magazine] would this [appear|be printed|stand]?",
        "[Options|Categories|Choices|Labels|Classes]: [world, sport, business, technology|politics, health, travel, food|spam, not spam|person, place, number, reason|company, school, artist, athlete, building, animal, plant, film|positive, neutral, negative|urgent, normal, low]. [Which one fits|Choose one|Pick one|Classify the {text}|What is it]",
        "Given [a list of|these|the] [categories|classes|labels|topics]: [company, school, artist, river, plant|sport, economy, science, arts|bug, feature, question|refund, delivery, account], [which|what] [{label}|one] [is|does] [the|this] {text} [about|belong to]?",
        "[Classify|Categorise|Categorize|Label|Tag|Sort|File] [this|the|the following] [{text}|{opinion}|{news}|question|sentence|ticket]",
        "[Is|Would you say] this {text} [about|related to] [sport, politics, business or science|world affairs, economy, science or sport|health or money|food or travel]?",
        "How [would you|does one] [rate|label|judge] the tone of this {text}[: friendly, neutral or hostile| from 1 to 5|]?", "[Sentiment|Topic|Category|Genre|Label|Tone|Type of question]:",
        "Does the {writer} [sound|seem] [happy|angry|satisfied|disappointed|sarcastic] [here|in this {opinion}|]?", "The [emotion|sentiment|topic|category] of this {text} is",
        "What [kind|type|sort] of [question|thing|entity|text|{text}] is [this|that|it][: person, place, number, date or description|]?"),
    "tts": (
        "[{please}][read|say|speak|narrate|recite|pronounce|voice|vocalise|articulate|utter|announce] [this|the following|these words|this sentence|the {text}|these lines|this line] [aloud|out loud|to me|in a clear voice|slowly|with your voice|for me to hear|]",
        "[{please}][turn|convert|transform|make|change] [this|the|the following|my] [{text}|words|lines] [into|to] [speech|audio|an mp3|spoken words|sound|a voice clip|an audio file|a spoken message]",
        "[I want|I'd like|I need|I would love] to hear [this|these words|the {text}|these phrases] [spoken|read out|said aloud|in a warm voice|]", "[Text to speech|TTS|Say|Speak|Read out|Voiceover|Narration|Read aloud]:",
        "Let me [hear|listen to] [this|the {text}|these words][ in a [male|female|child's] voice|]", "[Give|Lend] [voice|your voice|sound] to [this|these words|the {text} below|these letters]",
        "[Generate|Create|Synthesise|Record|Produce|Make] [speech|audio|a recording|a voice|an audio version|a voiceover] [of|for|from] [this|the|the following] {text}",
        "How do you [pronounce|say] this[ aloud|]? [Let me hear it|Say it for me|Play it]", "Read [me|us|my daughter|the room] [the|this] {text}"),
    "chat": (
        "[Read|Use|Look at] [this|the|the following] [{text}|{talk}] and [answer|tell me|say]: [who is it about|why did it happen|what happened next|where was it|when did it start]?",
        "[Answer|Reply to] [this|the|the following] question[ about the {text}| from the {text}|]: [what did {person} want|why was {person} late|who won|what does it cost|how does it work]?",
        "[What|Where|When|Why|How] [does|did|will] {person} [mean|go|feel|do|leave][ according to the {text}| in this {talk}|]?", "What do you think of this?", "Is [this|that] [true|right|normal|fair]?",
        "According to the [{text}|{talk}], what [happened|was the reason|did {person} say]?", "[Context|Background|Passage|Given] above. [Who|What|Which one|Why] [is meant|is it|was right]?",
        "[Translate|Rewrite|Rephrase|Proofread|Correct] [this|the] {text}[ into English| politely|]", "How should I [reply|respond|react] to this {text}?", "[Explain|Clarify] [this|what this {text} means][ to me|]",
        "I [read|found] this [{text}|online]. [Does it make sense|What does it mean|Who wrote it|Can you explain it]?"),
    "long-form": (
        "[{please}][write|compose|draft|develop|create] [a|one] [{long} |][{essay}|{news}] [from|based on|out of|around|that matches|about|using] [this|these|the following] [{text}|notes|plot points|key points|summary|facts|outline|headline|title|idea]",
        "[Expand|Turn|Develop|Grow|Rework] [this|the] [summary|outline|title|idea|note|{text}] into a [{long} |][{essay}|{news}|{talk}]", "[Title|Headline|Plot|Premise|Theme|Opening line] [given above|given|below]. Write the [{essay}|{news}|whole story]",
        "[Write|Invent|Make up|Imagine] [a|the] [{talk}|scene|story|movie plot|film script] [that fits|behind|around|matching|leading to] [this|it|this summary|the following]", "[Continue|Finish|Carry on] [this|the] [story|tale|chapter|novel][ for a few pages| in the same style|]"),
}
# Requests that stand alone, by class.
ALONE = {
    "chat": (
        "[{quiz} |]What [is|are|was] {subject}[ called| made of| used for| and why does it matter|]?", "[{quiz} |]Which {kind} [causes|forms|carries|produces|protects|stores|absorbs|controls] {subject}?", "[{quiz} |]Why [do|does|did|would] [people|we|animals|plants|anyone|some countries] [avoid|need|like|change|depend on] {subject}?",
        "[{quiz} |]How [does|did|can] {subject} [work|begin|end|affect us|spread|form|influence history]?", "How [can|do|should] I [stop worrying about|learn more about|get better at|start with|talk to my family about|decide on] {subject}?", "What is the [best|easiest|healthiest|cheapest] way to [learn|understand|enjoy|prepare for|think about] {subject}?",
        "[Should|Can|Could|Would] I [trust|ignore|give up|try] {subject}[ at my age| this year|]?", "[Is|Are|Was] {subject} [dangerous|overrated|worth it|older than we think|a good idea|still important]?", "[{quiz} |]Who [discovered|invented|wrote about|was first to describe|made famous] {subject}?",
        "[Tell me|Explain|Teach me] [something|more|the basics|a fun fact] about {subject}", "[{quiz} |]Where [would you find|does one keep|did people first see|do you look for] {subject}?", "What are [some|the] [pros and cons|examples|signs|effects|benefits|risks] of {subject}?", "What [happens|would happen] [if|when] {subject} [disappears|heats up|meets water|is too old]?",
        "[I feel|I'm] [tired|lonely|excited|nervous|proud|bored][ today| about {subject}|]", "[Do you|Have you ever] [like|think about|believe in|remember|dream of] {subject}?", "[{quiz} |]What [term|word|name|process|type of energy|kind of change|quantity] [describes|is used for|stands for|is given to] {subject}?"),
    "vision": (
        "[{please}][describe|caption|explain|analyse|analyze|interpret|study|examine|look at|comment on] [this|the|my] {image}[ in detail| for a blind person| in one sentence| briefly|]",
        "[What|Who|Where] [is|do you see|can be seen|appears|is shown] [in|on] [this|the|that] {image}?", "How many [people|cars|birds|chairs|windows|dogs|objects] [are there|can you count|do you see] [in|on] [this|the] {image}?",
        "[Write|Give|Suggest|Craft|Compose|Find] [a|one] [caption|title|alt text|description|short story|poem line] [for|about|inspired by] [this|the] {image}", "What [colour|shape|size|kind|brand] is {thing}[ in the {image}|]?",
        "[Where is|What is next to|What is behind|What is under|What is on] {thing}[ in the {image}|]?", "[Read|Extract|Copy|Give me] the [text|words|numbers|date|price] [in|on|from] [this|the] [{image}|receipt photo|sign in the photo]",
        "What [mood|story|feeling|style|message|emotion|atmosphere] does [this|the] {image} [convey|tell|have|evoke|show]?", "Is [there|that] [a|any] [dog|car|person|cat|tree|text] in [this|the] {image}?",
        "[Tell me|Say something] about [the [colours|composition|details|background|light|people] of |][this|the] {image}", "[Compare|Spot the difference between] [these|the] two [pictures|images|photos]",
        "[Summarise|Sum up|Narrate|Reveal|Express] [the story|what happens|the scene|the essence] [in|of] [this|the] {image}[ in a few words| in two sentences|]", "Who [painted|made|is in] [this|the] {image}?"),
    "stt": (
        "[{please}][transcribe|write down|type up|caption|subtitle|put into text|note down] [this|the|my|what is said in the|every word of the] {speech}[ word for word| with timestamps| in German| into text|]",
        "[What|Tell me what] [does|did] [he|she|the speaker|the caller|{person}] say in [this|the] {speech}?", "[Convert|Turn|Change|Make] [this|the|my] {speech} [into|to] [text|written words|a transcript|a text file|subtitles|captions]",
        "[Speech to text|Transcript|Transcription|Dictation|Captions|Subtitles][ please| for this {speech}|:|]", "[I'll dictate|Listen|Listen to the {speech}] and [write|type|note] [it down|what I say|what you hear|every word]",
        "[I need|Give me|Make] [a|the] [full |verbatim |rough |][transcript|transcription|text version|written version] of [this|the|yesterday's] {speech}", "[Recognise|Capture|Extract] [the speech|what is spoken|the spoken words] [in|from] [this|the] {speech}"),
    "tts": (
        "[{please}][read|say|speak|narrate|voice] [this|it|that|my {text}|the {text}|the page|these words|those phrases] [aloud|out loud|to me|for me|so I can hear it|in your own voice]", "[Can|Could|Would] you [make|turn|put] [this|the {text}|it|my book|these words] [into|in] [audio|speech|an audiobook|sound|a podcast]?",
        "[I'd rather|I want to|Let me] [listen to|hear] [it|the {text}|this] [than read it|while I cook|instead|]", "[Read|Narrate] my [email|notes|essay|homework|messages|speech] [aloud|to me|back to me|]", "[Use|Switch to] a [deeper|female|British|calm|faster] voice [when reading|for reading this aloud|and read it again]"),
    "route-only": (
        "[switch|change|move|go|swap] [to|over to|back to|the model to] [{model}|{engine}]", "[use|run|try|load|pick|select|take] [{model}|{engine}] [for this|from now on|instead|for this task|next time|for 5 messages|please]", "[which|what] [model|engine|runtime|LLM|AI model|provider|backend|version] [are you|is this|am I talking to|is answering|runs here|do you use|is active|powers you]?",
        "[which|what] [model|engine|LLM|runtime|quantisation|provider] [should|could|can|do] I [use|run|pick|choose|load] for [coding|translation|summaries|speech|images|long documents|my data|production|{task}]?", "[can|will|does|would] [{engine}|my computer|this box|it] [run|fit|handle|hold|load] {model}[ with 8k context| at 4 bit| smoothly|]?",
        "[list|show|what are] [the |all |][available|installed|local|loaded|supported] [models|engines|backends|providers|devices]", "are you [based on|really|built on|running on|] {model}?", "[compare|is] {model} [vs|versus|better than|faster than|cheaper than] {model}[ for this| on {engine}| here|]?",
        "[is|are] [this|you|we] [running|working|answered] [locally|on {engine}|in the cloud|offline]?", "[how much|how many GB of] [memory|VRAM|RAM|disk] does {model} [need|take|use]?", "[route|send|forward] [this|my questions|everything] to {model}", "[use|take|prefer] [a|the] [cheaper|faster|smaller|larger|better|stronger|smarter|default] [model|engine|one][ please| for this|]",
        "what's the [best|smallest|fastest|cheapest] [model|LLM|engine] [for|on|that runs on] {engine}?", "[why|how] did you [choose|pick|select] {model}?", "[set|make] {model} [the default|my default|the default model]", "do you [run|work] on [{engine}|my own machine|the cloud]?", "[model|engine|provider]: {model}"),
    "code": (
        "[{please}][write|create|make|implement|code|build|give me|show me|generate] [a|some|a short|an efficient] {language} [function|script|program|code|class|snippet|method|one-liner|query|app|routine] [to|that can|which can|for me to] {task}", "How [do I|can I|would you|does one|to] {task} in {language}?",
        "[{task}] in {language}", "[Write|Create|Design|Give] an algorithm [to|that can] {task}", "[What's|What is] the {language} [syntax|command|function|way] to {task}?", "Why does my {language} [code|script|program] [crash|fail|hang] when I {task}?", "[Convert|Translate|Port|Rewrite] [this|my|the] {language} [code|function|script|program] [to|in|into] {language}",
        "[Debug|Fix|Optimise|Refactor|Review|Test|Document] [this|my|the following] {language} [code|function|class|script|query]", "[Explain|What is|When do I use] [a closure|a pointer|inheritance|a lambda|async and await|a decorator|recursion|a generic|a hash map|garbage collection] in {language}", "[Given|For] an array of [numbers|strings|integers], {task}", "[Write|Give me] a regex [to match|to find|that matches|that finds] [dates|URLs|hex colours|IP addresses|numbers]"),
    "long-form": (
        "[{please}][write|compose|draft|create|pen|produce|tell] [a|me a|us a] [{long} |]{essay} [about|on|that explores|dealing with|set around] {theme}", "[Write|I need|Give me] a {long} {essay} [on|about] {theme}", "[Write|Draft] [chapter one|the first chapter|the opening] of a [novel|book|thriller|saga] about {theme}", "[Create|Plan and write] a [full|complete|whole] [guide|handbook|lesson plan|business plan|marketing plan|course] on {theme}"),
}
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")


def say(pattern, rng):
    """One wording of a pattern."""
    def word(match):
        return rng.choice(WORDS[match.group(1)].split("|")) if match.group(1) in WORDS else match.group(0)
    while _CHOICE.search(pattern):  # innermost first
        pattern = _CHOICE.sub(lambda m: rng.choice(m.group(1).split("|")), pattern)
    text = re.sub(r"  +", " ", _NAME.sub(word, pattern)).strip()
    return text[:1].upper() + text[1:] if rng.random() < 0.6 else text


_LINES = ("did you feed the cat?", "I'll be ten minutes late", "can we move it to Friday", "the printer is broken again", "who is bringing the cake?", "I already paid", "sounds good to me",
          "that was not what we agreed", "see you at the station", "she said no", "my train is cancelled", "let's ask the landlord first", "I forgot the keys", "it costs too much", "are you sure?", "no way!",
          "we could rent a van", "the doctor says two weeks", "I'd rather stay home", "great, thanks", "how was the exam?", "lol :D", "<photo> look at this", "guys, what do you want for dinner?", "pizza again? ;-)", "I'm at the station", "ok see you there", "can I borrow your bike on Saturday", "sure, take it", "happy birthday!!!", "aww thank you so much", "he's not answering my calls", "give him some time", "did you get the job?", "not yet, still waiting", "let's meet at 7 then", "I've sent you the link", "our flight is delayed by two hours", "oh no", "who has the notes from yesterday's class?", "I can scan mine", "she had her baby!", "boy or girl?", "my boss is driving me crazy", "time to quit, I'd say", "have you seen my keys", "on the kitchen table", "I'm on a diet since Monday", "how many rows of tiles can one lay a day?", "depends on the wall", "the receipt is in your inbox", "yes, found it", "are you coming to the gym", "W: Is this seat taken?", "M: No, please sit down.", "the meeting is moved to room 5", "why didn't you stop me?", "better than I thought", "don't tell mum", "haha ok", "what time does it start?", "half past seven")


def dialogue(rng):
    """A short chat of two people about everyday things."""
    a, b = rng.sample(WORDS["person"].split("|"), 2)
    return "\n".join(f"{(a, b)[i % 2]}: {rng.choice(_LINES)}" for i in range(rng.randrange(3, 9)))
