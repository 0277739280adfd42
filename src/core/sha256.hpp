// SHA-256 (FIPS 180-4), for names that must not collide and identities that must not be read back.
#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace layerwatt
