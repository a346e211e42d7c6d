"""Which rows may train what ships. One table, decided source by source; what is not in it does not train.

A source is permitted when the licence of the repository that publishes the rows allows commercial use and no term known
for the texts underneath forbids it. A source without a known licence is not permitted: silence gives no right. Rows that
do not train are still used as tests, because the model has never seen their sources.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    prefix: str  # of the row's `source`; the longest that matches decides
    group: str  # what is left out together when whole sources are left out
    licence: str
    permitted: bool
    why: str


_T0 = "yizhongw/self-instruct:data/finetuning/t0_train_50k/data_per_template/"

TABLE = (
    Source("clinc/oos-eval", "clinc", "CC BY 3.0", True, "attribution"),
    Source("home-assistant/intents", "home-assistant", "CC BY 4.0", True, "attribution"),
    Source("sonos/nlu-benchmark", "snips", "CC0 1.0", True, "public domain"),
    Source("ShishirPatil/gorilla", "bfcl", "Apache-2.0", True, "commercial use allowed"),
    Source("lmarena/arena-hard-auto", "arena-hard", "Apache-2.0", True, "commercial use allowed"),
    Source("X-PLUG/WritingBench", "writingbench", "Apache-2.0", True, "commercial use allowed"),
    Source("lm-sys/FastChat", "fastchat", "Apache-2.0", True, "commercial use allowed"),
    Source("vllm-project/semantic-router", "vllm-sr", "Apache-2.0", True, "commercial use allowed"),
    Source("tezansahu/VQA-With-Multimodal-Transformers", "daquar", "Apache-2.0", True, "licence of the repository"),
    Source("openclaw/skills", "openclaw", "MIT", True, "commercial use allowed"),
    Source("yizhongw/self-instruct", "self-instruct", "Apache-2.0", True, "seed tasks, commercial use allowed"),
    Source(_T0 + "cnn_dailymail", "t0-cnn", "Apache-2.0", True, "prompts and corpus Apache-2.0"),
    Source(_T0 + "xsum", "t0-xsum", "Apache-2.0 prompts", True, "corpus published under MIT"),
    Source(_T0 + "gigaword", "t0-gigaword", "Apache-2.0 prompts", True, "headline pairs published under MIT"),
    Source(_T0 + "dbpedia", "t0-dbpedia", "Apache-2.0 prompts", True, "corpus CC BY-SA 3.0; no text is passed on"),
    Source(_T0 + "amazon_polarity", "t0-amazon", "Apache-2.0", True, "corpus published under Apache-2.0"),
    Source(_T0 + "duorc", "t0-duorc", "Apache-2.0 prompts", True, "corpus MIT"),
    Source(_T0 + "commonsense_qa", "t0-commonsense", "Apache-2.0 prompts", True, "corpus MIT"),
    Source(_T0 + "kilt_tasks_hotpotqa", "t0-hotpotqa", "Apache-2.0 prompts", True, "corpus CC BY-SA 4.0; no text is passed on"),
    Source(_T0 + "imdb", "t0-imdb", "Apache-2.0 prompts", True, "no term known that forbids commercial use"),
    Source(_T0 + "rotten_tomatoes", "t0-rotten", "Apache-2.0 prompts", True, "no term known that forbids commercial use"),
    Source(_T0 + "trec", "t0-trec", "Apache-2.0 prompts", True, "no term known that forbids commercial use"),
    Source(_T0 + "samsum", "t0-samsum", "CC BY-NC-ND 4.0", False, "forbids commercial use"),
    Source(_T0 + "sciq", "t0-sciq", "CC BY-NC 3.0", False, "forbids commercial use"),
    Source(_T0 + "ag_news", "t0-agnews", "non-commercial terms", False, "published for non-commercial use"),
    Source(_T0 + "multi_news", "t0-multinews", "non-commercial terms", False, "published for research, not commerce"),
    Source(_T0 + "glue_qqp", "t0-qqp", "terms of the publisher", False, "published for non-commercial use"),
    Source(_T0 + "adversarial_qa", "t0-passages", "Apache-2.0 prompts", True, "corpus CC BY-SA 4.0; no text is passed on"),
    Source(_T0 + "ropes", "t0-passages", "Apache-2.0 prompts", True, "corpus CC BY 4.0"),
    Source(_T0 + "cosmos_qa", "t0-passages", "Apache-2.0 prompts", True, "corpus CC BY 4.0"),
    Source(_T0 + "quoref", "t0-passages", "Apache-2.0 prompts", True, "corpus CC BY 4.0"),
    Source(_T0 + "dream", "t0-dream", "non-commercial terms", False, "published for non-commercial research"),
    Source(_T0 + "wiki_qa", "t0-wikiqa", "research terms", False, "published for research"),
    Source(_T0, "t0-other", "unknown corpus", False, "licence of the corpus not established"),
    Source("sahil280114/codealpaca", "codealpaca", "CC BY-NC 4.0", False, "forbids commercial use"),
    Source("gururise/AlpacaDataCleaned", "roleplay", "CC BY-NC 4.0", False, "the repository's data forbid commercial use"),
    Source("OpenMOSS/AnyGPT", "anygpt", "LLaMA licence", False, "forbids commercial use"),
    Source("ghidx:", "ghidx", "unknown", False, "no licence known"),
    # A composed row is as free as its least free part.
    Source("COMPOSED template OpenMOSS/AnyGPT", "anygpt", "LLaMA licence", False, "template forbids commercial use"),
    Source("COMPOSED template openclaw/skills", "openclaw", "MIT + Apache-2.0", True, "template MIT, model names Apache-2.0"),
    Source("COMPOSED template ghidx", "ghidx", "unknown", False, "no licence known for the template"),
    Source("COMPOSED", "t0-composed", "mixed", False, "filler's source is not recorded row by row"),
    Source("hearth", "own", "Apache-2.0", True, "written for Hearth"),
)
_BY_LENGTH = sorted(TABLE, key=lambda s: -len(s.prefix))


def source_of(row):
    """The table's entry for a row of the shared data or of our own; raises KeyError for a source nobody decided on."""
    for entry in _BY_LENGTH:
        if row["source"].startswith(entry.prefix):
            return entry
    raise KeyError(f"no licence decided for source {row['source']!r}: add it to licences.py")


def permitted(row):
    return source_of(row).permitted
