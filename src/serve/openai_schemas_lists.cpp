// The schemas of Embeddings and Models.
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

constexpr const char* kModel =
    R"({"type": "object", "required": ["id", "object", "created", "owned_by"], "properties": {
    "id": {"type": "string"}, "object": {"enum": ["model"]}, "created": {"type": "integer"},
    "owned_by": {"type": "string"}, "max_model_len": {"type": "integer"},
    "hearth": {"type": "object", "required": ["state", "aliases", "context_length", "embeds_only", "adapters"],
      "properties": {"state": {"type": "string"}, "kind": {"enum": ["text", "tensor", "speech"]}, "aliases": {"type": "array", "items": {"type": "string"}},
        "context_length": {"type": "integer"}, "format": {"type": "string"}, "runtime": {"type": "string"},
        "rung": {"type": "string"}, "embeds_only": {"type": "boolean"},
        "adapters": {"type": "array", "items": {"type": "string"}}}}}})";

}  // namespace

std::string embedding_request_schema() {
  return R"({"type": "object", "required": ["model", "input"], "properties": {
    "model": {"type": "string"},
    "input": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "maxItems": 2048, "items": {
      "anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0},
                {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0}}]}}]},
    "encoding_format": {"enum": ["float", "base64", null]},
    "dimensions": {"type": ["integer", "null"], "minimum": 1, "description": "leading dimensions kept, then scaled to unit length"},
    "pooling": {"enum": ["mean", "cls", "max", "last", null], "description": "the model's own when left out"},
    "prompt_name": {"type": ["string", "null"], "description": "one of the model's prompts, such as query or passage"},
    "normalize": {"type": ["boolean", "null"], "description": "to unit length; true when left out"},
    "user": {}}})";
}

std::string embedding_response_schema() {
  return R"({"type": "object", "required": ["object", "data", "model", "usage"], "properties": {
    "object": {"enum": ["list"]}, "model": {"type": "string"},
    "data": {"type": "array", "items": {"type": "object", "required": ["object", "index", "embedding"], "properties": {
      "object": {"enum": ["embedding"]}, "index": {"type": "integer"},
      "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}},
                              {"type": "string", "description": "base64 of little-endian float32"}]}}}},
    "usage": {"type": "object", "required": ["prompt_tokens", "total_tokens"], "properties": {
      "prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}}}})";
}

std::string rerank_request_schema() {
  return R"({"type": "object", "required": ["model", "query", "documents"], "properties": {
    "model": {"type": "string"},
    "query": {"type": "string", "minLength": 1},
    "documents": {"type": "array", "minItems": 1, "maxItems": 2047, "items": {"anyOf": [{"type": "string"},
      {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}]}},
    "top_n": {"type": ["integer", "null"], "minimum": 1, "description": "all when left out"},
    "return_documents": {"type": ["boolean", "null"], "description": "false when left out"},
    "user": {}}})";
}

std::string rerank_response_schema() {
  return R"({"type": "object", "required": ["object", "model", "method", "results", "usage"], "properties": {
    "object": {"enum": ["list"]}, "model": {"type": "string"},
    "method": {"enum": ["cross_encoder", "cosine"], "description": "scores in (0, 1), or cosines in [-1, 1]"},
    "results": {"type": "array", "description": "best first", "items": {"type": "object",
      "required": ["index", "relevance_score"], "properties": {
        "index": {"type": "integer"}, "relevance_score": {"type": "number"},
        "document": {"type": "object", "properties": {"text": {"type": "string"}}}}}},
    "usage": {"type": "object", "required": ["prompt_tokens", "total_tokens"], "properties": {
      "prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}}}})";
}

std::string models_schema() {
  return std::string(R"({"type": "object", "required": ["object", "data"], "properties": {"object": {"enum": ["list"]},
    "data": {"type": "array", "items": )") +
         kModel + "}}}";
}

std::string model_schema() { return kModel; }

}  // namespace hearth::serve
