"""Name tables shared by the Python and the C++ evaluator: devices, models, quantisations, engines, physics.

Sources. device_specs.tsv: bandwidth, memory and FP32 rate (boost, without sparsity) as the vendors' own product
pages and architecture white papers print them; rates of phones and boards are cores x clock x SIMD width, which is
arithmetic, not a data sheet. model_sizes.tsv: parameter counts from the models' cards. Bits per weight: the ggml
block layouts, with the mixed types (K_M) as the mean over published files of 7-8 B models, embeddings included.
"""
import csv
import os

from evaluate import normalise

HERE = os.path.dirname(os.path.abspath(__file__))

# name in the file, bits per weight, class that shares one effect
QUANTS = [
    ("F32", 32, "f16"), ("F16", 16.01, "f16"), ("FP16", 16.01, "f16"), ("BF16", 16.01, "f16"), ("FP16 as listed", 16.01, "f16"),
    ("Q8_0", 8.5, "q8"), ("W8A16", 8.5, "q8"), ("FP8", 8.1, "q8"), ("INT8", 8.3, "q8"), ("8bit", 8.5, "q8"),
    ("Q6_K", 6.57, "q6"), ("Q5_K_M", 5.7, "q5"), ("Q5_K_S", 5.57, "q5"), ("Q5_0", 5.55, "q5"), ("Q5_1", 6.0, "q5"),
    ("Q4_K_M", 4.9, "q4k"), ("Q4_K_S", 4.67, "q4k"), ("Q4_K", 4.9, "q4k"), ("UD-Q4_K_XL", 4.95, "q4k"), ("default tag", 4.9, "q4k"),
    ("Q4_0", 4.55, "q4_0"), ("Q4_1", 5.1, "q4_0"), ("Q4_0_4_4", 4.55, "q4_0"), ("Q4_0 QAT", 4.55, "q4_0"), ("Q4_0_8_8", 4.55, "q4_0"),
    ("IQ4_NL", 4.6, "iq"), ("IQ4_XS", 4.35, "iq"), ("IQ4_KT", 4.3, "iq"), ("IQ3_KT", 3.4, "iq"), ("IQ2_KT", 2.5, "iq"),
    ("IQ3_M", 3.75, "iq"), ("IQ3_XXS", 3.25, "iq"), ("IQ2_M", 2.95, "iq"),
    ("Q3_K_M", 3.95, "q3"), ("Q3_K_L", 4.3, "q3"), ("Q3_K_S", 3.6, "q3"), ("Q2_K", 3.2, "q3"),
    ("ternary", 2.2, "ternary"), ("TQ1_0", 1.9, "ternary"), ("TQ2_0", 2.2, "ternary"),
    ("MXFP4", 4.63, "mxfp4"), ("NVFP4", 4.6, "mxfp4"),
    ("4bit", 4.55, "int4"), ("INT4", 4.55, "int4"), ("AWQ", 4.6, "int4"), ("GPTQ", 4.6, "int4"), ("W4A16", 4.6, "int4"),
    ("4w8a", 4.6, "int4"), ("SpinQuant 4w8a", 4.6, "int4"), ("CQ4", 4.5, "int4"), ("litert", 4.5, "int4"), ("litert int4", 4.5, "int4"),
]

# every needle must occur in the normalised backend text; the first rule that holds names the engine
ENGINES = [
    (["localscore"], "llamafile"), (["llamafile"], "llamafile"),
    (["llmfit", "mlx"], "mlx"), (["llmfit", "ollama"], "ollama_chat"), (["llmfit", "vllm"], "vllm"), (["llmfit"], "llamacpp_chat"),
    (["ollama", "cpu"], "ollama_cpu"), (["ollama"], "ollama"), (["vllm"], "vllm"), (["mlx"], "mlx"),
    (["executorch"], "mobile"), (["litert", "npu"], "npu"), (["litert"], "mobile"), (["cactus"], "mobile"),
    (["hexagon"], "npu"), (["npu"], "npu"), (["openvino"], "openvino"), (["ipex"], "openvino"), (["opencl"], "opencl"),
    (["cuda", "tg 512"], "cuda_2024"), (["tg 512"], "cuda_2024"), (["cuda"], "cuda"), (["rocm"], "rocm"), (["hip"], "rocm"),
    (["vulkan"], "vulkan"), (["metal"], "metal"), (["sycl"], "sycl"), (["cpu"], "cpu"), (["llama cpp"], "llamacpp"), (["llamacpp"], "llamacpp"),
]

# engines whose rows err alike: llama-bench class tools, crowd-sourced runs, chat replies; all others are "edge"
ENGINE_CLASS = {"cuda": "bench", "cuda_2024": "bench", "metal": "bench", "rocm": "bench", "vulkan": "vulkan", "llamafile": "crowd",
                "ollama": "chat", "llamacpp_chat": "chat", "mlx": "chat", "vllm": "chat"}

# maker of a device that is in no table, by a word of its name; the first that occurs
VENDORS = [("nvidia", "nvidia"), ("geforce", "nvidia"), ("rtx", "nvidia"), ("gtx", "nvidia"), ("quadro", "nvidia"), ("tesla", "nvidia"),
           ("jetson", "nvidia"), ("radeon", "amd"), ("instinct", "amd"), ("rx", "amd"), ("ryzen", "amd"), ("amd", "amd"), ("apple", "apple"),
           ("mac", "apple"), ("macbook", "apple"), ("iphone", "apple"), ("ipad", "apple"), ("arc", "intel"), ("intel", "intel"),
           ("snapdragon", "qualcomm"), ("adreno", "qualcomm"), ("qualcomm", "qualcomm"), ("dimensity", "mediatek"), ("mediatek", "mediatek")]


def _read(name):
    with open(os.path.join(HERE, name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def build():
    """The `tables` member of speed_model.json."""
    devices = []
    for r in _read("device_specs.tsv"):
        entry = {"device": r["device"], "kind": r["kind"], "vendor": r["vendor"], "arch": r["arch"], "needles": r["needles"].split(";")}
        for name in ("bandwidth_GBps", "memory_GiB", "fp32_TFLOPS", "fp32_TFLOPS_per_gpu_core"):
            entry[name] = float(r[name])
        devices.append(entry)
    models = [{"needles": [r["needle"]], "total_B": float(r["total_B"]), "active_B": float(r["active_B"])} for r in _read("model_sizes.tsv")]
    quants = [{"needles": [normalise(n).strip()], "bits_per_weight": float(b), "class": c} for n, b, c in QUANTS]
    engines = [{"needles": [normalise(n).strip() for n in needles], "engine": e} for needles, e in ENGINES]
    physics = {"tflops_per_GBps": 0.035, "usable_memory_share": 1.0, "reserved_GiB": 0.9, "cpu_share_of_soc_tflops": 0.1,
               "cpu_only_archs": ["phone", "sbc", "arm_desktop", "server", "riscv", "x86", "x86_small"]}
    return {"devices": devices, "models": models, "quants": quants, "engines": engines, "engine_class": ENGINE_CLASS,
            "vendors": [{"needles": [n], "vendor": v} for n, v in VENDORS], "physics": physics}
