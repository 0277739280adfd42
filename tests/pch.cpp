// Only its precompiled headers matter (tests/CMakeLists.txt).
int main() {}
