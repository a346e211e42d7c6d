#!/usr/bin/env python3
"""Prints where the package silero-vad finds speech in recordings at 16 kHz, one JSON object a recording.

usage: silero_segments.py MODEL.onnx RECORDING.wav...      (pip install silero-vad onnxruntime; torch comes with it)
What it prints for the clips of the test media is kept in silero_segments.jsonl, which silero_test.cpp reads.
"""
import json
import sys
import wave
from pathlib import Path

import numpy
import torch
from silero_vad.utils_vad import OnnxWrapper, get_speech_timestamps


def samples_of(path):
    with wave.open(path) as recording:
        assert recording.getframerate() == 16000 and recording.getsampwidth() == 2
        samples = numpy.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(numpy.float32) / 32768
        return samples.reshape(-1, recording.getnchannels()).mean(axis=1)


def main(model_path, *recordings):
    torch.set_num_threads(1)
    model = OnnxWrapper(model_path, force_onnx_cpu=True)
    for path in sorted(recordings):
        audio = torch.from_numpy(samples_of(path))
        for options in ({}, {"min_silence_duration_ms": 500, "speech_pad_ms": 200, "max_speech_duration_s": 3.0}):
            found = get_speech_timestamps(audio, model, sampling_rate=16000, **options)
            print(json.dumps({"recording": Path(path).name, **options, "segments": [[s["start"], s["end"]] for s in found]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
