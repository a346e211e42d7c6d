// Tables of measured rows as text: what `hearth project --rows` does between reading and writing the files.
#pragma once

#include <string>
#include <string_view>

#include "estimate/speed_model.h"
#include "hearth/result.h"

namespace hearth {

// A tab-separated table with a header line in; the same rows with pred_pp512_tps, pred_pp512_low, pred_pp512_high,
// pred_tg128_tps, pred_tg128_low, pred_tg128_high (tokens/s, empty where the model declines) and pred_note appended.
// Needs the columns device, model, quant and backend; uses memory_bandwidth_GBps, n_params_B and file_GiB where they
// are. kInvalidData where the header lacks a needed column. Short lines are filled up with empty cells.
[[nodiscard]] Result<std::string> project_rows(const SpeedModel& model, std::string_view table);

}  // namespace hearth
