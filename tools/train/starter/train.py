"""Trains the starter model from nothing and writes it to data/starter. See README.md; the one command is

    python tools/train/starter/train.py --work build/starter
"""

import argparse
import json
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional as F

import corpus
import facts
from card import write_card
from chat import ChatSource
from export_gguf import export
from model import Shape, StarterModel
from stories import HEROES, story
from tokenizer import END_OF_TEXT, TURN_END, encode_chat, train_tokenizer

SEED = 20260
FINAL_RATE, WARMUP_STEPS = 1e-4, 60
CHAT_TOKENS_PER_STEP, TEXT_LENGTH = 2560, 256
VALIDATION_EVERY = 100
SHOWN_PROMPTS = ("Hello|Hi|hey|Who are you?|What can you do?|What is Hearth?|Tell me a story|Once upon a time|Tell me a story about a robot|"
                 "What is the capital of France?|capital of japan|2+2|1+1|What is 7 + 8?|9 - 4|3*4|17 + 25|Count to 10|What is the opposite of hot?|"
                 "What colour is the sky?|What day comes after Monday?|Name three animals|Thank you|How are you?|Are you online?|"
                 "Write a Python program|What is the weather today?|Explain quantum physics|Tell me a joke|Bye").split("|")


@dataclass(frozen=True)
class Stage:
    """One run of the optimiser; `drill` draws mostly the sums and lists that the first stage leaves uncertain."""
    steps: int
    peak_rate: float
    text_rows: int
    drill: bool
    seed: int


STAGES = [Stage(1800, 3e-3, 3, False, SEED + 2), Stage(400, 1.5e-3, 1, True, SEED + 3)]


class Corpus:
    """All training text, tokenised once; draws batches from one seeded generator."""

    def __init__(self, root: Path, shape: Shape):
        novels = corpus.austen_paragraphs(root)
        entries = corpus.wordnet_entries(root)
        self.held_out, novels = novels[-150:], novels[:-150]
        known = set(facts.MEANINGS) | set(facts.KINDS) | set(HEROES) | {"story", "joke", "poem", "test", "help"}
        nouns = sorted({e[0] for e in entries if e[1] == "noun" and len(e[0]) <= 10} - known)
        sentences = [p for p in novels if len(p) < 110] + [s for e in entries for s in e[3] if len(s) > 30]
        self.chat = ChatSource(nouns, sentences)
        rng = random.Random(SEED)
        glosses = [corpus.wordnet_text(e) for e in rng.sample(entries, 20000)]
        talk = [text for _ in range(20000) for _, text in self.chat.conversation(rng)]
        self.tokenizer = train_tokenizer(talk + novels[::4] + glosses[::4], shape.vocab_size)
        self.end = self.tokenizer.token_to_id(END_OF_TEXT)
        self.novels = [e.ids for e in self.tokenizer.encode_batch([p + "\n\n" for p in novels])]
        self.glosses = [e.ids for e in self.tokenizer.encode_batch(glosses)]

    def text_row(self, rng: random.Random, length: int) -> list:
        """One row of length+1 ids: a stretch of a novel, or stories or glosses divided by the end-of-text mark."""
        kind = rng.choices(["novel", "gloss", "story"], [50, 15, 35])[0]
        row = [self.end] if rng.random() < 0.4 else []
        at = rng.randrange(len(self.novels))
        while len(row) <= length:
            if kind == "novel":
                row += self.novels[at % len(self.novels)]
                at += 1
            else:
                row += (rng.choice(self.glosses) if kind == "gloss" else self.tokenizer.encode(story(rng)).ids) + [self.end]
        return row[:length + 1]

    def text_batch(self, rng: random.Random, rows: int, length: int) -> tuple:
        table = torch.tensor([self.text_row(rng, length) for _ in range(rows)])
        return table[:, :-1], table[:, 1:]

    def conversation(self, rng: random.Random, longest: int, drill: bool) -> tuple:
        turns = 1 if rng.random() < 0.75 else rng.randint(2, 5)
        ids, learn = encode_chat(self.tokenizer, self.chat.conversation(rng, turns, drill))
        return ids[:longest], learn[:longest]

    def chat_batches(self, rng: random.Random, longest: int, drill: bool):
        """Endless batches of conversations of like length, padded; targets that are not answers are -100."""
        while True:
            pool = sorted((self.conversation(rng, longest, drill) for _ in range(640)), key=lambda pair: len(pair[0]))
            batches, batch = [], []
            for pair in pool:
                if batch and len(pair[0]) * (len(batch) + 1) > CHAT_TOKENS_PER_STEP:
                    batches.append(batch)
                    batch = []
                batch.append(pair)
            batches.append(batch)
            rng.shuffle(batches)
            for batch in batches:
                width = len(batch[-1][0])
                ids = torch.full((len(batch), width), self.end)
                goal = torch.full((len(batch), width), -100)
                for i, (tokens, learn) in enumerate(batch):
                    ids[i, :len(tokens)] = torch.tensor(tokens)
                    goal[i, :len(tokens)] = torch.where(torch.tensor(learn), torch.tensor(tokens), -100)
                yield ids[:, :-1], goal[:, 1:]


def loss_of(model: StarterModel, batch: tuple, bf16: bool) -> torch.Tensor:
    """Mean cross-entropy in nats over the tokens that are to be learned."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = model(batch[0])
    return F.cross_entropy(logits.float().flatten(0, 1), batch[1].flatten())


def validation_batches(data: Corpus, shape: Shape, drill: bool) -> dict:
    """Held-out novel text and conversations from another seed (composed of the same parts, so not truly new)."""
    rng = random.Random(SEED + 1)
    text = "\n\n".join(data.held_out)
    ids = data.tokenizer.encode(text).ids
    rows = torch.tensor([ids[i:i + TEXT_LENGTH + 1] for i in range(0, len(ids) - TEXT_LENGTH, TEXT_LENGTH)][:24])
    chats = data.chat_batches(rng, shape.context_length, drill)
    return {"text": [(rows[:, :-1], rows[:, 1:])], "chat": [next(chats) for _ in range(4)]}


def learning_rate(step: int, stage: Stage) -> float:
    """Linear warm-up, then a cosine down to FINAL_RATE. Source: Loshchilov and Hutter 2017, "SGDR", equation 5."""
    if step < WARMUP_STEPS:
        return stage.peak_rate * (step + 1) / WARMUP_STEPS
    done = torch.tensor((step - WARMUP_STEPS) / max(1, stage.steps - WARMUP_STEPS))
    return FINAL_RATE + 0.5 * (stage.peak_rate - FINAL_RATE) * (1 + float(torch.cos(done * torch.pi)))


def train(model: StarterModel, data: Corpus, stage: Stage, bf16: bool) -> list:
    """Runs one stage; returns the loss curve as rows {stage, step, train_chat, train_text, val_chat, val_text}."""
    rng = random.Random(stage.seed)
    chats = data.chat_batches(rng, model.shape.context_length, stage.drill)
    held = validation_batches(data, model.shape, stage.drill)
    matrices = [w for w in model.parameters() if w.dim() == 2]
    vectors = [w for w in model.parameters() if w.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
                                  lr=stage.peak_rate, betas=(0.9, 0.98), fused=True)
    curve, sums, started = [], {"chat": 0.0, "text": 0.0}, time.monotonic()
    for step in range(stage.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, stage)
        # Every eighth step sees whole-context rows, so that late positions are trained too.
        rows, length = (1, model.shape.context_length) if step % 8 == 7 else (stage.text_rows, TEXT_LENGTH)
        for kind, batch in (("chat", next(chats)), ("text", data.text_batch(rng, rows, length))):
            loss = loss_of(model, batch, bf16)
            (loss * (1.0 if kind == "chat" else 0.5)).backward()
            sums[kind] += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % VALIDATION_EVERY == 0 or step + 1 == stage.steps:
            with torch.no_grad():
                val = {kind: sum(float(loss_of(model, b, bf16)) for b in held[kind]) / len(held[kind]) for kind in sums}
            count = (step % VALIDATION_EVERY) + 1
            curve.append({"stage": 2 if stage.drill else 1, "step": step + 1} | {f"train_{k}": round(v / count, 4) for k, v in sums.items()}
                         | {f"val_{k}": round(v, 4) for k, v in val.items()})
            sums = dict.fromkeys(sums, 0.0)
            print(json.dumps(curve[-1]), f"{time.monotonic() - started:.0f} s", flush=True)
    return curve


def run_stages(model: StarterModel, data: Corpus, given: argparse.Namespace) -> tuple:
    """Trains stage after stage, leaving a checkpoint behind each; returns (loss curve, seconds)."""
    curve, seconds, todo = [], 0, list(enumerate(STAGES, 1))
    if given.resume_after:
        saved = torch.load(given.work / f"stage{given.resume_after}.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        curve, seconds, todo = [{"stage": 1} | row for row in saved["curve"]], saved["seconds"], todo[given.resume_after:]
    for number, stage in todo:
        stage = replace(stage, steps=given.steps or stage.steps)
        started = time.monotonic()
        curve += train(model, data, stage, not given.fp32)
        seconds += round(time.monotonic() - started)
        torch.save({"model": model.state_dict(), "curve": curve, "seconds": seconds}, given.work / f"stage{number}.pt")
    return curve, seconds


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--work", type=Path, required=True, help="folder for packages and checkpoints; about 200 MB")
    options.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[3] / "data" / "starter")
    options.add_argument("--steps", type=int, help="steps of each stage, for a trial")
    options.add_argument("--fp32", action="store_true", help="for processors without bfloat16 arithmetic; twice the time or more")
    options.add_argument("--resume-after", type=int, default=0, metavar="STAGE",
                         help=f"continue from --work after this stage; {len(STAGES)} only exports again")
    given = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    sources = corpus.fetch(given.work)
    data = Corpus(given.work / "root", Shape())
    data.tokenizer.save(str(given.work / "tokenizer.json"))
    model = StarterModel(Shape())
    print(f"{model.parameter_count():,} parameters, {sum(map(len, data.novels)):,} novel tokens", flush=True)
    curve, seconds = run_stages(model, data, given)
    given.out.mkdir(parents=True, exist_ok=True)
    model.eval()
    stop = {data.end, data.tokenizer.token_to_id(TURN_END)}
    answers = [(p, data.tokenizer.decode(model.greedy(encode_chat(data.tokenizer, [("user", p)], True)[0], 220, stop)))
               for p in SHOWN_PROMPTS]
    record = export(model, data.tokenizer, given.out / "hearth-starter.gguf")
    write_card(given.out, record, {"sources": sources, "curve": curve, "answers": answers, "seconds": seconds, "seed": SEED})
    print(f"wrote {given.out / 'hearth-starter.gguf'}: {record['bytes']:,} bytes")


if __name__ == "__main__":
    main()
