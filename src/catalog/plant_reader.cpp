#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {

Result<PlantRecord> read_plant_record(const nlohmann::json& record) {
  PlantRecord plant;
  read_record_head(record, plant);
  read_field(record, "device", plant.device);
  const auto& heat = object_field(record, "heat");
  read_field(heat, "ambient_c", plant.heat.ambient_c);
  read_field(heat, "resistance_c_per_w", plant.heat.resistance_c_per_w);
  read_field(heat, "time_constant_s", plant.heat.time_constant_s);
  const auto& power = object_field(record, "power");
  read_field(power, "idle_w", plant.power.idle_w);
  read_field(power, "load_w", plant.power.load_w);
  read_field(power, "clock_exponent", plant.power.clock_exponent);
  read_field(power, "battery_wh", plant.power.battery_wh);
  const auto& throttling = object_field(record, "throttling");
  read_field(throttling, "at_c", plant.throttling.at_c);
  read_field(throttling, "hysteresis_c", plant.throttling.hysteresis_c);
  read_field(throttling, "lowest_clock_share", plant.throttling.lowest_clock_share);
  read_field(throttling, "step_share", plant.throttling.step_share);
  const auto& sensors = object_field(record, "sensors");
  read_field(sensors, "zone", plant.sensors.zone);
  read_field(sensors, "temperature_step_c", plant.sensors.temperature_step_c);
  read_field(sensors, "clock_max_khz", plant.sensors.clock_max_khz);
  read_field(sensors, "power", plant.sensors.power);
  const auto& chat = object_field(record, "chat");
  read_field(chat, "token_ms", plant.chat.token_ms);
  read_field(chat, "memory_bound_share", plant.chat.memory_bound_share);
  read_field(chat, "prompt_token_ms", plant.chat.prompt_token_ms);
  read_field(chat, "prompt_tokens", plant.chat.prompt_tokens);
  read_field(chat, "answer_tokens", plant.chat.answer_tokens);
  read_field(chat, "streams", plant.chat.streams);
  read_field(chat, "load_share", plant.chat.load_share);
  if (record.contains("vision")) {
    PlantVision& vision = plant.vision.emplace();
    read_field(record["vision"], "frame_ms", vision.frame_ms);
    read_field(record["vision"], "frames_per_s", vision.frames_per_s);
  }
  if (plant.power.load_w <= plant.power.idle_w) return fail(ErrorCode::kInvalidData, "load_w is not above idle_w");
  if (plant.heat.ambient_c + plant.heat.resistance_c_per_w * plant.power.idle_w >= plant.throttling.at_c)
    return fail(ErrorCode::kInvalidData, "idle it is already as hot as where it slows down");
  return plant;
}

}  // namespace hearth
