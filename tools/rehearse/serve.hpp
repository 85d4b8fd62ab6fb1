// Answers calls of one interface by typed member functions, as a plugin would.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::simulate {

// `impl` has a member function for each method that is called; it may throw Error.
template <class Interface, class Impl>
Result<std::string> serve(Impl& impl, std::uint32_t method, const std::string& payload) {
  Result<std::string> answer = Status(Code::unimplemented, "method " + std::to_string(method));
  std::uint32_t index = 0;
  Interface::each([&]<class Method>() {
    if (index++ != method) return;
    if constexpr (requires(typename Method::Request request) { Method::call(impl, request); }) {
      const auto request = decode_text<typename Method::Request>(payload, "the request");
      if (!request.ok()) {
        answer = request.status();
        return;
      }
      try {
        answer = encode_text<typename Method::Reply>(Method::call(impl, *request));
      } catch (const Error& error) {
        answer = error.status();
      }
    }
  });
  return answer;
}

}  // namespace slipway::simulate
