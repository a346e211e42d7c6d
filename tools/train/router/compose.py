"""Rows composed for Hearth: an instruction written here, joined to a text of a permitted source or of another class.

What is asked for stands in the instruction, not in the text it is about: summarising a poem about cameras is no question
about an image, and "read aloud: write a function" is no code. Each instruction meets many texts, before and behind them.
"""
import random

import wordings
from phrases import ABOUT_TEXT, ALONE, dialogue, say

N_ENGLISH, N_FOREIGN = 1200, 24  # rows of each class from wordings/

SUMMARIZE = (
    "Summarise this", "Sum this up for me", "Give me the short version", "Shorten this to three sentences", "What's the gist?",
    "Boil this down to its main points", "tl;dr", "TLDR please", "In one sentence, what does this say?", "Key takeaways?",
    "Condense the following", "Make a brief abstract of the text below", "List the five most important points", "Recap this",
    "I don't have time to read all of this, what matters?", "Cut this down to 50 words", "Write an executive summary",
    "Reduce this to bullet points", "Summarize the conversation above", "Give me a one-paragraph digest of it",
    "Outline the article", "What are the highlights of this report?", "Compress this into a tweet", "Trim it to the essentials",
    "A headline and two lines, please", "Summarise the thread for someone who missed it", "Minutes of this discussion, short",
    "State the core argument in plain words", "make it shorter", "the short of it?", "Produce a synopsis", "key facts only",
    "Turn these notes into a short summary", "What did they decide, in brief?", "Abridge this passage", "Extract the main idea",
    "Fasse den Text zusammen", "Kurzfassung bitte", "Résume ce texte", "Fais-moi un résumé en trois points", "Resume este texto",
    "Hazme un resumen corto", "Riassumi questo testo", "Faz um resumo disto", "Vat dit samen", "Streść ten tekst", "Shrň tento text",
    "Sammanfatta texten", "Sammenfat teksten", "Bu metni özetle", "Кратко перескажи текст", "Стисло перекажи це", "总结一下这段文字",
    "帮我概括要点", "この文章を要約して", "이 글을 요약해 줘", "لخص هذا النص", "इस पाठ का सारांश दो", "Tóm tắt đoạn văn này", "Oppsummer dette",
    "Tiivistä tämä teksti", "Foglald össze röviden", "Rezumă textul", "Κάνε μια περίληψη", "תמצת את הטקסט", "ringkas teks ini")
CLASSIFY = (
    "Is the tone of this positive, negative or neutral?", "Spam or not spam?", "Which category fits: billing, shipping, returns, other?",
    "Label this text as complaint, praise or question", "What is the sentiment?", "Tag the topic: politics, sport, science, culture",
    "Does this belong to news, opinion or advertising?", "Rate the sentiment from 1 to 5", "Is this review favourable?",
    "Which department should get this ticket?", "Categorise the following", "Classify the text below", "Assign one of these labels: A, B, C",
    "Formal or informal?", "Is the writer happy with the product?", "Urgent, normal or low priority?", "Toxic or harmless?",
    "What genre is this?", "Which language family of question is it: who, what, when, where or why?", "Sort it into one of the groups below",
    "Fact or opinion?", "Does this message express anger, joy, fear or sadness?", "Is this phishing? Answer yes or no",
    "Choose the best label for this message", "Bug report, feature request or question?", "Decide whether this is sarcastic",
    "Pick the section of the newspaper it would be in", "true or false: this is about sports", "Would you call this text hate speech?",
    "Is the reviewer recommending the film? yes/no", "Detect the emotion", "Put it in the right folder: work, family, bills, junk",
    "Label each line as noun phrase or verb phrase", "What kind of document is this: invoice, contract, letter or CV?",
    "Does the sentence ask for a person, a place, a number or a reason?", "sentiment:", "category:", "Topic?", "intent label?",
    "Ist die Stimmung positiv oder negativ?", "Ordne den Text einer Kategorie zu", "Spam oder kein Spam?", "Ce commentaire est-il positif ou négatif ?",
    "Classe ce texte par thème", "¿Es positivo o negativo?", "Clasifica este mensaje", "Classifica questo testo", "Classifique o texto",
    "Is dit positief of negatief?", "Określ wydźwięk: pozytywny czy negatywny", "Zařaď text do kategorie", "Är detta positivt eller negativt?",
    "Bu yorum olumlu mu olumsuz mu?", "Определи тональность текста", "Визнач категорію тексту", "判断这段话的情感是正面还是负面", "给这条新闻分类",
    "この文章のカテゴリーを選んで", "이 리뷰는 긍정적인가요 부정적인가요?", "صنف هذا النص", "इस संदेश को वर्गीकृत करो", "Phân loại văn bản này")
SPEAK = (
    "Read this aloud", "Say the following out loud", "Read it to me", "Speak this text", "Turn this into audio", "Make an mp3 of this",
    "Narrate the passage", "Read the text below in a calm voice", "Voice this line", "Pronounce this for me", "Say it with a British accent",
    "Record this as a voice message", "Generate speech from this text", "Make it an audiobook chapter", "Please vocalise this sentence",
    "I'd like to hear this text", "Let me listen to it instead of reading", "text to speech:", "tts:", "say:", "Announce:",
    "Recite this poem", "Read slowly and clearly", "Convert the words below to spoken audio", "Give these words a voice", "Speak up: ",
    "Create a voiceover of the following script", "Use a female voice to read", "Synthesise speech for this paragraph", "Read my email out",
    "Dictate this back to me", "Can you utter this sentence?", "Put this into sound", "How does this sound spoken? Say it",
    "Lies das vor", "Lies mir den Text laut vor", "Lis ce texte à voix haute", "Lis-moi ça", "Léelo en voz alta", "Lee esto en voz alta",
    "Leggi ad alta voce", "Leia isto em voz alta", "Lees dit hardop voor", "Przeczytaj to na głos", "Přečti to nahlas", "Läs upp det här",
    "Læs det højt", "Bunu sesli oku", "Прочитай вслух", "Прочитай це вголос", "把这段话读出来", "朗读下面的文字", "これを読み上げて", "소리 내어 읽어 줘",
    "اقرأ هذا بصوت عال", "इसे ज़ोर से पढ़ो", "Đọc to đoạn này", "Les dette høyt", "Lue tämä ääneen", "Olvasd fel hangosan", "Citește cu voce tare",
    "Διάβασέ το δυνατά", "הקרא את זה בקול", "bacakan teks ini")
ASK = (
    "According to the text, who is it about?", "What does the author mean by that?", "Answer from the passage: why did it happen?",
    "Based on this, when did it begin?", "Can you explain the second sentence?", "What happened first?", "Is that really true?",
    "Where does this take place?", "Read the passage and answer: what was the result?", "Do you agree with this?", "What should I reply?",
    "Which of the people mentioned is the oldest?", "How many people are involved?", "Translate this into English", "What would happen next?",
    "Fix the grammar", "Rephrase it politely", "What is a good title for this?", "Who said that?", "Why is this important?",
    "Was bedeutet das?", "Que veut dire cette phrase ?", "¿Qué significa esto?", "Что это значит?", "这是什么意思？", "どういう意味ですか")
EXTEND = (
    "Write a full article based on these notes", "Turn this into a 1000-word essay", "Expand this into a detailed report",
    "Write a short story that starts with this", "Use this as the premise of a novel chapter", "Draft a speech about this",
    "Write a blog post about the following", "Develop this outline into a long text", "Write a letter of two pages on this matter",
    "Make a screenplay scene out of it", "Compose a newspaper feature from these facts", "Continue the story for several pages",
    "Write a dialogue between two experts about this", "Write a thorough essay discussing it", "Elaborate on this in at least five paragraphs",
    "Schreibe einen ausführlichen Aufsatz darüber", "Écris un long article à partir de ces notes", "Escribe un cuento largo sobre esto",
    "Scrivi un saggio su questo", "Escreva uma redação longa sobre isto", "Напиши подробное эссе на эту тему", "根据这些内容写一篇长文章",
    "これをもとに長い物語を書いて", "이 내용으로 긴 글을 써 줘", "اكتب مقالا طويلا عن هذا")
EXPLAIN_CODE = (
    "What does this do?", "Why does this crash?", "Find the bug", "Explain this code line by line", "Refactor this", "Make it faster",
    "Add error handling", "Write tests for this", "Port this to Rust", "Convert to Python", "Is there a leak here?", "Review this function",
    "Add comments", "Why is the output wrong?", "Simplify", "How do I fix this error?", "Make it thread safe", "Add type hints",
    "Complete the function", "What is the complexity?", "It doesn't compile, why?", "rewrite it without the loop", "Was macht dieser Code?",
    "Pourquoi ça ne marche pas ?", "¿Por qué falla esto?", "Объясни этот код", "这段代码有什么问题？", "このコードを直して")
CODE = (
    "for (size_t i = 0; i < n; ++i) {\n  total += price[i];\n}\nreturn total;", "def area(w, h):\n    return w * h\n\nprint(area(3))",
    "SELECT name, COUNT(*) FROM orders\nGROUP BY name HAVING COUNT(*) > 3;", "const a = [3, 1, 2];\na.sort((x, y) => x - y);\nconsole.log(a[0]);",
    "fn main() {\n    let mut v = vec![1, 2, 3];\n    for x in &v { v.push(*x); }\n}", "#!/bin/sh\nfor f in *.txt; do\n  mv \"$f\" \"${f%.txt}.md\"\ndone",
    "<div class=\"card\">\n  <h2>Prices</h2>\n  <p>From 3 euros</p>\n</div>", "public int depth(Node n) {\n  if (n == null) return 0;\n  return 1 + Math.max(depth(n.left), depth(n.right));\n}",
    "Traceback (most recent call last):\n  File \"shop.py\", line 12, in <module>\n    total = sum(cart)\nTypeError: unsupported operand", "package main\n\nfunc add(a int, b int) int {\n\treturn a - b\n}",
    "segmentation fault (core dumped)\n#0 0x0000 in strlen () from libc.so", "CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT UNIQUE);",
    "docker run -p 8080:80 -v $(pwd):/srv web:latest\nError: bind: address already in use", "x <- c(1, 2, NA)\nmean(x)", ".menu { display: flex; }\n.menu > li:hover { color: red }",
    "while True:\n    line = sock.recv(1024)\n    if line == '':\n        continue", "let total = items.map { $0.price }.reduce(0, +)", "^\\d{3}-\\d{4}$",
    "services:\n  db:\n    image: postgres\n    ports: [\"5432:5432\"]", "error[E0502]: cannot borrow `v` as mutable because it is also borrowed as immutable",
    "int *p = malloc(10);\np[12] = 3;\nfree(p);\nfree(p);", "try {\n  load(path);\n} catch (Exception e) {\n}", "git rebase -i HEAD~3\nCONFLICT (content): Merge conflict in a.c",
    "class Dog(Animal):\n    def speak(self):\n        return super.speak()", "async function get(u) {\n  const r = fetch(u);\n  return r.json();\n}")
GLUE = ("{a}:\n{b}", "{a}: {b}", "{a}\n\n{b}", "{a} - {b}", "{a}.\n{b}", '{a}: "{b}"', "{b}\n\n{a}", "{b}\n{a}", "{b} -- {a}", '"{b}" {a}')


def documents_of(rows, rng, n=700):
    """Texts to talk about: long ones of permitted rows without their instruction's line, and short sentences of others."""
    texts = []
    for row in rows:
        if row["label"] in ("summarize", "classify") and row["group"].startswith("t0") and len(row["text"]) > 200:
            parts = [p for p in row["text"].split("\n") if len(p) > 120]
            texts += [max(parts, key=len)[:rng.choice((200, 400, 800))]] if parts else []
    return rng.sample(sorted(set(texts)), min(n, len(set(texts))))


def wrap(text, label, rng):
    """A row of any class inside quotation or after small talk: the request stays what it is."""
    if label == "tts":
        return text
    return rng.choice(("{}", "My question: {}", "Task: {}", "Could you help? {}", "- {}", "User: {}", "({})", "\n{}\n", "1. {}")).format(text)


def _joined(instruction, text, rng):
    return rng.choice(GLUE).format(a=instruction, b=text)


def _row(text, label):
    return {"text": text, "label": label, "source": "hearth/composed", "lang": "mixed", "group": "own", "flags": (0, 0, 0),
            "n_chars": len(text), "composed": True}


def composed(rows, seed, n_each=450):
    """Composed rows, each of the shape of a row of the data, group "own"."""
    rng = random.Random(seed)
    documents = documents_of(rows, rng)
    short = sorted({r["text"] for r in rows if len(r["text"]) < 140})
    lists = {"summarize": SUMMARIZE, "classify": CLASSIFY, "tts": SPEAK, "chat": ASK, "long-form": EXTEND, "code": EXPLAIN_CODE}
    # How often the text is a document, a chat of two people or a sentence; else it is a request of any class.
    shares = {"summarize": (0.65, 0.25), "classify": (0.6, 0.05), "tts": (0.15, 0.05), "chat": (0.6, 0.3), "long-form": (0.4, 0.1)}
    out = []
    for label, instructions in lists.items():
        for i in range(n_each if label != "code" else n_each // 2):
            instruction = instructions[i % len(instructions)]
            if label in ABOUT_TEXT and i % 3:
                instruction = say(rng.choice(ABOUT_TEXT[label]), rng)
            if label == "code":
                text = rng.choice(CODE)
            else:
                document, talk = shares[label]
                dice = rng.random()
                text = rng.choice(documents) if dice < document else dialogue(rng) if dice < document + talk else rng.choice(short)
            out.append(_row(_joined(instruction, text, rng), label))
        if label not in ("chat", "code"):
            out += [_row(text, label) for text in instructions]
    for label, patterns in ALONE.items():
        out += [_row(say(rng.choice(patterns), rng), label) for _ in range(n_each)]
    for text, label, language in wordings.composed(rng, documents, short, _joined, N_ENGLISH, N_FOREIGN):
        out.append({**_row(text, label), "lang": language})
    return out
