// Certificates and keys for the server. Internal to the server.
#pragma once

#include "hearth/result.h"
#include "serve/http_options.h"
#include "serve/http_transport.h"

namespace hearth::serve {

// TLS 1.2 and newer, HTTP/1.1 by ALPN. NotFound, PermissionDenied: a file that can't be read; InvalidData: no
// certificate or key in it; InvalidArgument: the key belongs to another certificate.
[[nodiscard]] Result<TlsContext> load_tls(const TlsFiles& files);

}  // namespace hearth::serve
