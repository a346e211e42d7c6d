// Where Hearth keeps its files when nobody says otherwise. The environment comes in as values: only `app` reads it.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"

namespace hearth {

// Values of the environment variables that decide; empty where unset.
struct PathEnvironment {
  std::string hearth_home;    // HEARTH_HOME
  std::string home;           // HOME
  std::string xdg_data_home;  // XDG_DATA_HOME
};

// The folder of store, ledger and caches: HEARTH_HOME as it is, else the platform's data folder with /hearth. Makes
// nothing. A relative HEARTH_HOME is taken from the working folder and returned absolute.
// InvalidArgument when no variable gives an absolute folder.
// Source: XDG Base Directory Specification 0.8 (a relative XDG_DATA_HOME is to be ignored); macOS: Apple's File System
// Programming Guide (Library/Application Support).
Result<std::filesystem::path> hearth_home_folder(const PathEnvironment& environment);

// The platform's data folder for one user, as above; one implementation per operating system.
Result<std::filesystem::path> user_data_folder(const PathEnvironment& environment);

}  // namespace hearth
