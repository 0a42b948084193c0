// What every fuzz target runs with unless its command line says otherwise: memory as in the worker,
// which is limited, so that a library (liblzma, asked for a dictionary of 4 GiB) does not get what
// is beyond 1 GiB. Our own `new` of that size still ends the target.
#include <vector>

extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  static char no_limit_of_its_own[] = "-malloc_limit_mb=65536";
  static std::vector<char*> arguments(*argv, *argv + *argc);
  arguments.insert(arguments.begin() + 1, no_limit_of_its_own);
  arguments.push_back(nullptr);
  ++*argc;
  *argv = arguments.data();
  return 0;
}
