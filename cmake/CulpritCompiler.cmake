# Warnings are errors; a second build of the same file comes out of ccache.
add_compile_options(-Wall -Wextra -Wswitch -Wshadow -Werror -fno-omit-frame-pointer
                    "$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CULPRIT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
if(CULPRIT_SANITIZE)
  # Compiled once and run for a minute: what counts is how long the compiler takes.
  add_compile_options(-fsanitize=${CULPRIT_SANITIZE} -fno-sanitize-recover=all -g1 -O0)
  add_link_options(-fsanitize=${CULPRIT_SANITIZE})
endif()

option(CULPRIT_COVERAGE "Instrument for coverage" OFF)
if(CULPRIT_COVERAGE)
  add_compile_options(--coverage -O0 -g)
  add_link_options(--coverage)
endif()
