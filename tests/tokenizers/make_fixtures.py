#!/usr/bin/env python3
"""Writes data/: small tokenizers of each kind and the ids that the reference gives for them.

Needs `tokenizers` == 0.23.3 and `sentencepiece` == 0.2.1 or newer from their registry (for the replacement table of the
Unigram ones). Run again only when kinds or texts are added: the vocabularies are trained, so all ids change.

expected.json: for each tokenizer, for each text, "<n>:<hash>" where hash is FNV-1a (64 bit) over the ids as
little-endian int32; first the short, middle and long texts of each language, then the odd ones, then pairs of
neighbours among the odd ones cut to 12 tokens.
"""

import io
import json
import pathlib
import struct
import tempfile
import unicodedata

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
ROWS = HERE.parents[1] / "tools/train/router/rows/languages.jsonl"
LANGUAGES = ["de", "fr", "es", "ru", "el", "ar", "he", "hi", "bn", "th", "ko", "ja", "zh", "tr", "vi"]
TEXTS_EACH = 12
JOINED = {"short": 1, "middle": 4, "long": 16}
CUT = 16
PAIR_CUT = 12
ODD = [
    "", " ", "  a  b ", "\t\n", "\U0001F600\U0001F603 ok", "z\u0338\u0321a\u0337l\u0336g\u0335o\u0334", "a\0b", "a" * 100,
    "a" * 101, "a" * 1000, "\x01\x02x\x7f", "[CLS] hi [SEP]", "<mask> [MASK] x", "<s> a </s>", "hello <mask>world",
    "\u01c5 \u0130stanbul \u00df \ufb01", "\u00a0x\u200by\ufeffz", "\ud55c\uad6d\uc5b4 \uc870\uc120", "e\u0301 \u00e9",
    "\ufffd", "x\u2028y", "x\x0by\x0cz\x85w", "don't we'll", "a1b2 123456", "$\u20ac\u00a3^`~+=|<>",
    "\U0001d518\U0001d52b\U0001d526", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3",
    "\u3000\u5168\u89d2\uff21", "\u0661\u0662\u0663 \u00bd", "a\u00adb", "\ue000 private",
    "\U0001F469\u200d\U0001F469\u200d\U0001F467", "\u0fd0", "\u212b", "a\r\nb\r\n\r\n  c", "\ufdfd", "ab\u2581cd", "\u2581",
    "<0x41>", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0995\u09be\u0981", "gr\u00fc\u00df gr\u00fc\u00dfe",
]
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
QWEN_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def texts() -> list[str]:
    by_language: dict[str, list[str]] = {}
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_language.setdefault(row["lang"], []).append(row["text"])
    return [text for language in LANGUAGES for text in by_language[language][:TEXTS_EACH]]


def joined(lines: list[str], n: int) -> list[str]:
    return [" ".join(lines[(i + k) % len(lines)] for k in range(n)) for i in range(len(lines))]


def charsmap_of(lines: list[str]) -> bytes:
    """A compiled table of some compatibility replacements, taken out of a model that SentencePiece trains with it."""
    code_points = [*range(0xA0, 0x100), *range(0x2100, 0x2150), *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F), 0xFDFD, 0x3000]
    rules = {f"{c:04X}": " ".join(f"{ord(d):04X}" for d in unicodedata.normalize("NFKC", chr(c))) for c in code_points
             if unicodedata.normalize("NFKC", chr(c)) != chr(c)}
    rules.update({"200B": "0020", "FEFF": "0020", "00AD": "", "0065 0301": "00E9"})
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as table:
        table.write("".join(f"{old}\t{new}\t#\n" for old, new in rules.items()))
        table.flush()
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, vocab_size=8000,
                                                 hard_vocab_limit=False, normalization_rule_tsv=table.name, minloglevel=3)
    return field(field(model.getvalue(), 3), 2)


def field(message: bytes, wanted: int) -> bytes:
    """The first value of a length-delimited field. Source: the protocol buffers' encoding page."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 2:
            size = varint()
            if key >> 3 == wanted:
                return message[at:at + size]
            at += size
        elif key & 7 == 0:
            varint()
        else:
            at += 4
    raise ValueError(f"no field {wanted}")


def around(first: str, last: str, pair: str):
    def make(tokenizer: Tokenizer):
        return processors.TemplateProcessing(
            single=f"{first} $A {last}", pair=f"{first} $A {last} {pair}",
            special_tokens=[(name, tokenizer.token_to_id(name)) for name in (first, last)])
    return make


def trained(lines, model, trainer, normalizer, splitter, frame, added=()) -> Tokenizer:
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if splitter is not None:
        tokenizer.pre_tokenizer = splitter
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.add_tokens([token for token in added if not token.special])
    tokenizer.add_special_tokens([token for token in added if token.special])
    tokenizer.post_processor = frame(tokenizer)
    return tokenizer


def tokenizers(lines: list[str]) -> dict[str, Tokenizer]:
    bert = around("[CLS]", "[SEP]", "$B:1 [SEP]:1")
    tags = around("<s>", "</s>", "</s> $B </s>")
    roberta = lambda t: processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")))
    charsmap = charsmap_of(lines)
    wordpiece = lambda: models.WordPiece(unk_token="[UNK]")
    wordpiece_trainer = lambda: trainers.WordPieceTrainer(vocab_size=900, special_tokens=BERT, show_progress=False)
    bpe_trainer = lambda **more: trainers.BpeTrainer(vocab_size=700, show_progress=False, **more)
    byte_alphabet = pre_tokenizers.ByteLevel.alphabet()
    unigram_trainer = lambda: trainers.UnigramTrainer(vocab_size=900, special_tokens=ROBERTA, unk_token="<unk>",
                                                      show_progress=False)
    mask = AddedToken("<mask>", lstrip=True, special=True)
    return {
        "bert_uncased": trained(lines, wordpiece(), wordpiece_trainer(), normalizers.BertNormalizer(),
                                pre_tokenizers.BertPreTokenizer(), bert),
        "bert_cased": trained(lines, wordpiece(), wordpiece_trainer(), normalizers.BertNormalizer(lowercase=False),
                              pre_tokenizers.BertPreTokenizer(), bert),
        "wordpiece_other_steps": trained(
            lines, wordpiece(), wordpiece_trainer(),
            normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
                                  normalizers.Strip()]),
            pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True),
                                     pre_tokenizers.Punctuation("merged_with_previous")]), bert),
        "roberta": trained(lines, models.BPE(), bpe_trainer(special_tokens=ROBERTA, initial_alphabet=byte_alphabet),
                           None, pre_tokenizers.ByteLevel(add_prefix_space=False), roberta, [mask]),
        "qwen": trained(lines, models.BPE(ignore_merges=True),
                        bpe_trainer(special_tokens=ROBERTA, initial_alphabet=byte_alphabet), normalizers.NFC(),
                        pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated"),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
                        tags, [AddedToken("gr\u00fc\u00df", single_word=True)]),
        "llama": trained(lines, models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"),
                         bpe_trainer(special_tokens=ROBERTA + [f"<0x{byte:02X}>" for byte in range(256)],
                                     limit_alphabet=300),
                         normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
                         None, tags),
        "xlm_roberta": trained(
            lines, models.Unigram(), unigram_trainer(),
            normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]), tags, [mask]),
        "t5": trained(lines, models.Unigram(), unigram_trainer(), None,
                      pre_tokenizers.Metaspace(prepend_scheme="first"), tags),
    }


def digest(ids: list[int]) -> str:
    value = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{len(ids)}:{value:016x}"


def expected(tokenizer: Tokenizer, lines: list[str]) -> dict:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    whole = {name: [digest(tokenizer.encode(text).ids) for text in joined(lines, n)] for name, n in JOINED.items()}
    whole["odd"] = [digest(tokenizer.encode(text).ids) for text in ODD]
    tokenizer.enable_truncation(CUT)
    cut = [digest(tokenizer.encode(text).ids) for text in joined(lines, JOINED["long"])]
    tokenizer.enable_truncation(PAIR_CUT)
    pairs = [tokenizer.encode(*pair) for pair in zip(ODD, ODD[1:] + ODD[:1])]
    return {**whole, "cut": cut, "pairs": [digest(pair.ids + pair.type_ids) for pair in pairs]}


def main() -> None:
    lines = texts()
    data = HERE / "data"
    document = {"texts": lines, "odd": ODD, "joined": JOINED, "cut_tokens": CUT, "pair_tokens": PAIR_CUT, "tokenizers": {}}
    for name, tokenizer in tokenizers(lines).items():
        document["tokenizers"][name] = expected(tokenizer, lines)
        tokenizer.no_truncation()
        (data / f"{name}.json").write_text(tokenizer.to_str() + "\n", encoding="utf-8")
    (data / "expected.json").write_text(json.dumps(document, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
