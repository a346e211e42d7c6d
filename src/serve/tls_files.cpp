#include "serve/tls_files.h"

#include <openssl/err.h>

#include <string_view>

#include "platform/file.h"

namespace hearth::serve {
namespace {

constexpr std::uint64_t kPemBytesMax = std::uint64_t{1} << 20U;

std::string openssl_reason() {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

Unexpected bad_pem(std::string_view what, const std::filesystem::path& path) {
  return fail(ErrorCode::kInvalidData,
              "there is no usable " + std::string(what) + " in '" + path.string() + "': " + openssl_reason(),
              "give a file in PEM form, without a passphrase");
}

// The one protocol that is spoken here, where the client offers it.
constexpr SSL_CTX_alpn_select_cb_func kChooseHttp11 = [](SSL*, const unsigned char** out, unsigned char* out_size,
                                                         const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kKnown[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int code = SSL_select_next_proto(&chosen, out_size, kKnown, sizeof(kKnown) - 1, offered, offered_size);
  if (code != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
};

// A passphrase can't be asked for: nobody sits at a server.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

Result<TlsContext> load_tls(const TlsFiles& files) {
  HEARTH_TRY(read_file(files.certificate, kPemBytesMax));
  HEARTH_TRY(read_file(files.key, kPemBytesMax));
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorCode::kInternal, "OpenSSL can't start: " + openssl_reason());
  SSL_CTX* tls = context.get();
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Buffers of idle connections go back; a write that was cut short may go on from another address.
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(tls, kChooseHttp11, nullptr);
  SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(tls, files.certificate.c_str()) != 1)
    return bad_pem("certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(tls, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
      ERR_clear_error();
      return fail(ErrorCode::kInvalidArgument,
                  "the key in '" + files.key.string() + "' is not that of the certificate in '" +
                      files.certificate.string() + "'",
                  "give the key that the certificate was made for");
    }
    return bad_pem("key", files.key);
  }
  return context;
}

}  // namespace hearth::serve
