#include "host/services/http_tls.hpp"

#include <boost/asio/buffer.hpp>

namespace slipway::services {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

Status refused(const std::string& part, const Error& error) {
  return {Code::invalid_argument, "tls." + part + " is refused: " + error.message()};
}

Error trust(asio::ssl::context& context, const std::string& authorities) {
  Error error;
  if (authorities.empty())
    context.set_default_verify_paths(error);
  else
    context.add_certificate_authority(asio::buffer(authorities), error);
  return error;
}

// Without it OpenSSL asks the terminal for the password of an encrypted key.
std::string no_password(std::size_t, asio::ssl::context::password_purpose) { return {}; }

}  // namespace

Status equip(asio::ssl::context& context, const HttpTls& tls) {
  if (tls.certificate.empty() != tls.key.empty())
    return {Code::invalid_argument, "tls.certificate and tls.key go together; one of them is empty"};
  Error error = trust(context, tls.authorities);
  if (error) return refused("authorities", error);
  if (tls.key.empty()) return {};
  context.use_certificate_chain(asio::buffer(tls.certificate), error);
  if (error) return refused("certificate", error);
  context.set_password_callback(no_password, error);
  context.use_private_key(asio::buffer(tls.key), asio::ssl::context::pem, error);
  return error ? refused("key", error) : Status();
}

}  // namespace slipway::services
