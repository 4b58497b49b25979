#include <node_api.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

// restart(file, arguments, environment): another program in this process's place, as exec does. Returns only where that fails,
// and then why.

namespace {

std::string Text(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length + 1, '\0');
  napi_get_value_string_utf8(env, value, &text[0], length + 1, &length);
  text.resize(length);
  return text;
}

std::vector<std::string> Texts(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<std::string> texts;
  for (uint32_t index = 0; index < length; index++) {
    napi_value element;
    napi_get_element(env, array, index, &element);
    texts.push_back(Text(env, element));
  }
  return texts;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(&text[0]);
  pointers.push_back(nullptr);
  return pointers;
}

napi_value Restart(napi_env env, napi_callback_info info) {
  napi_value given[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  const std::string file = Text(env, given[0]);
  std::vector<std::string> arguments = Texts(env, given[1]);
  std::vector<std::string> environment = Texts(env, given[2]);
  // Node may have marked the standard streams as not to be inherited.
  for (int stream = 0; stream < 3; stream++) {
    const int flags = fcntl(stream, F_GETFD);
    if (flags >= 0) fcntl(stream, F_SETFD, flags & ~FD_CLOEXEC);
  }
  execve(file.c_str(), Pointers(arguments).data(), Pointers(environment).data());
  napi_value reason;
  napi_create_string_utf8(env, strerror(errno), NAPI_AUTO_LENGTH, &reason);
  return reason;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value restart;
  napi_create_function(env, "restart", NAPI_AUTO_LENGTH, Restart, nullptr, &restart);
  napi_set_named_property(env, exports, "restart", restart);
  return exports;
}
