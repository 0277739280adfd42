// The little of libcudart that is asked for the last error: 209 at the first time of asking.
extern "C" {

int cudaGetLastError() {
  static int error = 209;
  const int last = error;
  error = 0;
  return last;
}

const char* cudaGetErrorString(int) {
  return "no kernel image is available for execution on the device";
}

const char* cudaGetErrorName(int) { return "cudaErrorNoKernelImageForDevice"; }

}  // extern "C"
