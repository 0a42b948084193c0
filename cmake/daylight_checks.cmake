# Checks of the tree itself, as tests.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME tidy COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/tidy.py")
add_test(NAME layering COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/check_layering.py")
# What the parser libraries call, as nm sees it.
add_test(NAME symbols COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/check_symbols.py" "${CMAKE_BINARY_DIR}")
set_tests_properties(tidy layering symbols PROPERTIES LABELS "house")
# Every header alone: minutes of compiling, so `./dev test` leaves it to `./dev check`.
add_test(NAME headers COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/check_headers.py")
set_tests_properties(headers PROPERTIES LABELS "house;slow" TIMEOUT 1800)

# Tests against real servers that they start themselves; their packages come with `./dev check`.
file(GLOB services CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/services/*_test.py")
foreach(script ${services})
  get_filename_component(stem "${script}" NAME_WE)
  add_test(NAME services_${stem} COMMAND Python3::Interpreter "${script}")
  set_tests_properties(services_${stem} PROPERTIES LABELS "slow;services" TIMEOUT 900
    ENVIRONMENT "DAYLIGHT_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endforeach()

file(GLOB functional CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/functional/*_test.py")
foreach(script ${functional})
  get_filename_component(stem "${script}" NAME_WE)
  add_test(NAME functional_${stem} COMMAND Python3::Interpreter "${script}")
  set_tests_properties(functional_${stem} PROPERTIES LABELS "functional" TIMEOUT 600
    ENVIRONMENT "DAYLIGHT_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endforeach()
