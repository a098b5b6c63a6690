# culprit_embed_rules(DIRECTORY): rules/DIRECTORY/*.json -> ${CULPRIT_RULES_DIR}/DIRECTORY_rules.inc,
# one `{"NAME", R"rule(TEXT)rule"},` a file, so that one binary suffices.
set(CULPRIT_RULES_DIR ${CMAKE_BINARY_DIR}/rules)

function(culprit_embed_rules directory)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rules/${directory}/*.json)
  list(SORT files)
  set(entries "")
  foreach(path IN LISTS files)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    get_filename_component(name ${path} NAME)
    string(APPEND entries "{\"${directory}/${name}\", R\"rule(${text})rule\"},\n")
  endforeach()
  # Written only when it says something new, so that nothing is compiled again.
  set(target ${CULPRIT_RULES_DIR}/${directory}_rules.inc)
  set(present "")
  if(EXISTS ${target})
    file(READ ${target} present)
  endif()
  if(NOT present STREQUAL entries)
    file(WRITE ${target} "${entries}")
  endif()
endfunction()
