// One HTTP request over a socket of our own, as Prometheus makes it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace layerwatt::exporter {

struct HttpAnswer {
  int status = 0;  // 0: no connection, or no answer
  std::string headers;
  std::string body;
};

inline HttpAnswer http_get(int port, const std::string& path) {
  HttpAnswer answer;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{30, 0};  // long enough that only a hang reaches it
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    char block[4096];
    for (ssize_t n = 0; (n = ::recv(socket, block, sizeof block, 0)) > 0;) {
      text.append(block, static_cast<std::size_t>(n));
    }
  }
  ::close(socket);
  const auto blank = text.find("\r\n\r\n");
  if (blank == std::string::npos) return answer;
  answer.headers = text.substr(0, blank);
  answer.body = text.substr(blank + 4);
  answer.status = std::atoi(answer.headers.substr(answer.headers.find(' ') + 1).c_str());
  return answer;
}

}  // namespace layerwatt::exporter
