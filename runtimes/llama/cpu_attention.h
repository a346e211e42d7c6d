// Attention of some queries to cells in half precision, for x86-64 with AVX-512: each query visits the cells of its own
// sequence, wherever they lie among those of others.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::llama {

// As ggml's flash_attn_ext without ALiBi, sinks and soft caps. Strides are in bytes.
struct Attention {
  const std::byte* queries = nullptr;  // float
  std::size_t query_row = 0, query_head = 0;
  const std::byte* keys = nullptr;  // half
  std::size_t key_cell = 0, key_head = 0;
  const std::byte* values = nullptr;  // half
  std::size_t value_cell = 0, value_head = 0;
  const std::byte* mask = nullptr;  // half: what is added to a query's score of a cell; minus infinity: not seen
  std::size_t mask_row = 0;
  std::byte* out = nullptr;  // float
  std::size_t out_row = 0, out_head = 0;
  std::int64_t n_rows = 0, n_heads = 0, n_key_heads = 0, n_cells = 0;
  std::int64_t size = 0;  // of a head: as attends() allows
  float scale = 1;
};

// Rows of one task: they see nearly the same cells.
struct RowGroup {
  std::int64_t first = 0, end = 0;
};

bool attends(std::int64_t head_size);

// Words that hold a bit for each cell.
std::int64_t words_of(std::int64_t n_cells);
// The cells that a row sees.
void find_seen(const Attention& attention, std::int64_t row, std::uint64_t* seen);
// The group that begins at `first`; `seen` holds the bits of all rows, `together` room for those of one.
RowGroup group_from(const Attention& attention, const std::uint64_t* seen, std::int64_t first, std::uint64_t* together);

std::size_t scratch_bytes(std::int64_t n_cells, std::int64_t head_size);
// The results of one group for all heads that share the key head. `scratch` has scratch_bytes(), aligned to 64.
void attend(const Attention& attention, const std::uint64_t* seen, const RowGroup& group, std::int64_t key_head,
            std::byte* scratch);

}  // namespace hearth::llama
