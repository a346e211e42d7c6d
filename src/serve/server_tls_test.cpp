// The server under TLS, with certificates made here.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>

#include "serve/server_fixture.h"
#include "serve/tls_fixture.h"

namespace hearth::serve {
namespace {

namespace fs = std::filesystem;

// A blocking TLS client on top of OpenSSL.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version_max = TLS1_3_VERSION)
      : fd_(connect_to("127.0.0.1", port, {}).value()),
        context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        ssl_(nullptr, &SSL_free) {
    SSL_CTX_set_min_proto_version(context_.get(), 0);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    SSL_CTX_set_cipher_list(context_.get(), "DEFAULT@SECLEVEL=0");
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_.get());
    const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl_.get(), protocols, sizeof(protocols) - 1);
  }
  ~TlsClient() { ERR_clear_error(); }

  bool handshake() {
    return attempt([this] { return SSL_connect(ssl_.get()); }) == 1;
  }
  bool send(std::string_view text) {
    return attempt([&] { return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }) > 0;
  }
  std::string read_through(std::string_view mark) {
    for (std::size_t from = 0; in_.find(mark, from) == std::string::npos;) {
      from = in_.size() < mark.size() ? 0 : in_.size() - mark.size();
      char scratch[16384];
      const int n = attempt([&] { return SSL_read(ssl_.get(), scratch, sizeof(scratch)); });
      if (n <= 0) return {};
      in_.append(scratch, static_cast<std::size_t>(n));
    }
    const auto end = in_.find(mark) + mark.size();
    std::string out = in_.substr(0, end);
    in_.erase(0, end);
    return out;
  }
  std::string protocol() {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 private:
  int attempt(const std::function<int()>& call) {
    for (;;) {
      const int code = call();
      const int why = SSL_get_error(ssl_.get(), code);
      if (why == SSL_ERROR_WANT_READ && wait_ready(fd_.get(), Readiness::kReadable, 10'000)) continue;
      if (why == SSL_ERROR_WANT_WRITE && wait_ready(fd_.get(), Readiness::kWritable, 10'000)) continue;
      return code;
    }
  }
  FileDescriptor fd_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string in_;
};

class ServerTls : public ServerFixture {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hearth-tls-XXXXXX";
    folder = ::mkdtemp(name);
    files = {folder / "cert.pem", folder / "key.pem"};
    make_certificate(files);
  }
  void TearDown() override {
    ServerFixture::TearDown();
    fs::remove_all(folder);
  }
  void start_tls() {
    HttpServerOptions options;
    options.tls = files;
    options.limits.header_timeout = std::chrono::milliseconds(500);
    start(std::move(options));
  }
  Error refusal(const TlsFiles& wrong) {
    HttpServerOptions options;
    options.tls = wrong;
    auto started = HttpServer::start(std::move(options), routes(), {logger, metrics, nullptr, {}});
    return started ? Error() : started.error();
  }
  fs::path folder;
  TlsFiles files;
};

TEST_F(ServerTls, serves_streams_and_large_bodies) {
  start_tls();
  EXPECT_TRUE(server->urls()[0].starts_with("https://"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient user(server->port(), version);
    ASSERT_TRUE(user.handshake());
    EXPECT_EQ(user.protocol(), "http/1.1");
    ASSERT_TRUE(user.send(http_request("GET", "/stream/500")));
    const std::string stream = user.read_through("0\r\n\r\n");
    EXPECT_NE(stream.find("data: 0\n\n"), std::string::npos);
    EXPECT_NE(stream.find("data: 499\n\n"), std::string::npos);
    const std::string body = std::string(1'000'000, 'b') + "end";
    ASSERT_TRUE(user.send(http_request("POST", "/echo", body)));
    EXPECT_GT(user.read_through("bend").size(), body.size());
  }
}

TEST_F(ServerTls, a_client_that_goes_away_is_noticed) {
  start_tls();
  std::atomic<bool> told = false;
  {
    TlsClient user(server->port());
    ASSERT_TRUE(user.handshake());
    ASSERT_TRUE(user.send(http_request("GET", "/held")));
    ASSERT_TRUE(eventually([this] { return n_held() == 1; }));
    held_at(0)->on_disconnect([&told] { told = true; });
  }
  EXPECT_TRUE(eventually([&told] { return told.load(); }));
}

TEST_F(ServerTls, what_is_no_tls_is_closed_and_others_are_unharmed) {
  start_tls();
  auto clear = client();
  clear.send(http_request("GET", "/hello"));
  EXPECT_TRUE(clear.closes_within(std::chrono::milliseconds(5000)));
  auto silent = client();
  EXPECT_TRUE(silent.closes_within(std::chrono::milliseconds(5000)));
  TlsClient old(server->port(), TLS1_1_VERSION);
  EXPECT_FALSE(old.handshake());
  TlsClient user(server->port());
  EXPECT_TRUE(user.handshake());
}

TEST_F(ServerTls, wrong_files_have_names) {
  const TlsFiles other{folder / "cert2.pem", folder / "key2.pem"};
  make_certificate(other);
  EXPECT_EQ(refusal({files.certificate, other.key}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal({folder / "absent", files.key}).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal({files.certificate, folder / "absent"}).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal({files.key, files.key}).code, ErrorCode::kInvalidData);
  EXPECT_EQ(refusal({files.certificate, files.certificate}).code, ErrorCode::kInvalidData);
  std::ofstream(folder / "noise") << "-----BEGIN CERTIFICATE-----\nnoise";
  EXPECT_EQ(refusal({folder / "noise", files.key}).code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth::serve
