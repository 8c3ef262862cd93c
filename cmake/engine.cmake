# The local engine behind localmodel/engine.h: llama.cpp, or the stand-in that sanitizer runs use (ggml is not
# instrumented). llama.cpp is built once, outside this tree, by cmake/llama.sh.
set(CORDON_LLAMA_SOURCE "" CACHE PATH "A llama.cpp source tree to use instead of fetching the pinned one")
set(CORDON_CACHE "" CACHE PATH "Where the built llama.cpp and test models are kept (default: $CORDON_CACHE, or cordon in the user's cache folder)")

file(GLOB engine_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/localmodel/*.c)
list(FILTER engine_sources EXCLUDE REGEX "\\.t\\.c$")
if(CORDON_ENGINE STREQUAL "llama")
  set(engine_not_this "engine_standin[a-z_]*\\.(t\\.)?c$")
else()
  set(engine_not_this "engine_llama[a-z_]*\\.(t\\.)?c$")
endif()
list(FILTER engine_sources EXCLUDE REGEX ${engine_not_this})

add_library(cordon_localmodel STATIC ${engine_sources})
target_compile_options(cordon_localmodel PRIVATE ${CORDON_WARNINGS})
target_link_libraries(cordon_localmodel PUBLIC ${CORDON_MODULES} Threads::Threads m)

if(CORDON_ENGINE STREQUAL "llama")
  set(llama_arguments --cc ${CMAKE_C_COMPILER} --cxx ${CMAKE_CXX_COMPILER})
  if(CORDON_LLAMA_SOURCE)
    list(APPEND llama_arguments --source ${CORDON_LLAMA_SOURCE})
  endif()
  if(CORDON_CACHE)
    list(APPEND llama_arguments --cache ${CORDON_CACHE})
  endif()
  # What it says on its way goes to the terminal; its one line of output is the place of the result.
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/cmake/llama.sh ${llama_arguments}
                  OUTPUT_VARIABLE llama_entry OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE llama_failed)
  if(llama_failed)
    message(FATAL_ERROR "llama.cpp could not be had; the reason is above. To build without the local engine: -DCORDON_ENGINE=standin")
  endif()
  message(STATUS "llama.cpp: ${llama_entry}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/llama.sh)

  # Of llama.cpp's C++ layer only what the shim calls is linked: the archives also hold a downloader and an HTTP
  # client, and cmake/no-network.sh tests that none of that gets in.
  add_library(llama INTERFACE)
  target_include_directories(llama SYSTEM INTERFACE ${llama_entry}/include)
  foreach(archive llama-common llama-common-base llama ggml ggml-cpu ggml-base)
    target_link_libraries(llama INTERFACE ${llama_entry}/lib/lib${archive}.a)
  endforeach()
  target_link_libraries(llama INTERFACE stdc++ ${CMAKE_DL_LIBS} Threads::Threads m)

  add_library(cordon_chat_shim OBJECT ${CMAKE_SOURCE_DIR}/localmodel/chat_shim.cpp)
  target_compile_options(cordon_chat_shim PRIVATE -Wall -Wextra -Werror -O2)
  target_include_directories(cordon_chat_shim SYSTEM PRIVATE ${llama_entry}/include ${llama_entry}/common)
  target_sources(cordon_localmodel PRIVATE $<TARGET_OBJECTS:cordon_chat_shim>)
  target_link_libraries(cordon_localmodel PUBLIC llama)
  install(FILES ${llama_entry}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.llama.cpp)
endif()

list(PREPEND CORDON_MODULES cordon_localmodel)
cordon_unit_tests(localmodel ${engine_not_this})
if(CORDON_TESTS AND CORDON_ENGINE STREQUAL "llama" AND TARGET unit_localmodel_engine_llama)
  add_test(NAME engine/no-network
           COMMAND ${CMAKE_SOURCE_DIR}/cmake/no-network.sh $<TARGET_FILE:unit_localmodel_engine_llama>)
  # Models speak at their own pace on a busy machine.
  foreach(test engine_llama engine_llama_forms engine_llama_scripted)
    set_tests_properties(unit/localmodel/${test} PROPERTIES TIMEOUT 600)
    if(CORDON_CACHE)
      set_tests_properties(unit/localmodel/${test} PROPERTIES ENVIRONMENT CORDON_CACHE=${CORDON_CACHE})
    endif()
  endforeach()
endif()
