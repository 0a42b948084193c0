# Checks of the tree itself, as tests.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME tidy COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/tidy.py")
add_test(NAME layering COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/check_layering.py")
set_tests_properties(tidy layering PROPERTIES LABELS "house")

file(GLOB functional CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/functional/*_test.py")
foreach(script ${functional})
  get_filename_component(stem "${script}" NAME_WE)
  add_test(NAME functional_${stem} COMMAND Python3::Interpreter "${script}")
  set_tests_properties(functional_${stem} PROPERTIES LABELS "functional" TIMEOUT 600
    ENVIRONMENT "DAYLIGHT_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endforeach()
