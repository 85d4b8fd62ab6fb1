// What a request brings along for TLS. Not for use outside this folder.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <slipway/services.hpp>
#include <slipway/status.hpp>

namespace slipway::services {

// INVALID_ARGUMENT, which names the part and never its text, for what is no PEM or does not fit together.
Status equip(boost::asio::ssl::context& context, const HttpTls& tls);

}  // namespace slipway::services
