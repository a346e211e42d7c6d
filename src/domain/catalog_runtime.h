// A runtime as the catalogue knows it, present on this machine or not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

// Every combination of one entry is supported.
struct CatalogSupport {
  std::vector<std::string> os, devices, formats, precisions, modalities;
  std::string note;
};

struct CatalogRuntime : CatalogRecord {
  std::string kind;  // "engine" or "config_target"
  std::string licence;
  std::vector<std::string> tables;  // capability tables of the plugin interface
  std::vector<CatalogSupport> support;
  std::vector<std::string> choose_when, avoid_when;
  std::map<std::string, std::string> install;  // by operating system
};

}  // namespace hearth
