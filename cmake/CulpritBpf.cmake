# culprit_bpf_object(NAME): bpf/NAME.bpf.c -> NAME.skel.h in ${CULPRIT_SKELETON_DIR}.
find_program(CULPRIT_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14
             REQUIRED)
find_program(CULPRIT_BPFTOOL bpftool PATHS /usr/sbin /usr/local/sbin REQUIRED)

set(CULPRIT_SKELETON_DIR ${CMAKE_BINARY_DIR}/skeletons)
file(MAKE_DIRECTORY ${CULPRIT_SKELETON_DIR})
set(CULPRIT_BTF /sys/kernel/btf/vmlinux CACHE FILEPATH "BTF from which vmlinux.h is made")
set(CULPRIT_VMLINUX ${CULPRIT_SKELETON_DIR}/vmlinux.h)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(CULPRIT_BPF_ARCH arm64)
else()
  set(CULPRIT_BPF_ARCH x86)
endif()

add_custom_command(
  OUTPUT ${CULPRIT_VMLINUX}
  COMMAND ${CULPRIT_BPFTOOL} btf dump file ${CULPRIT_BTF} format c > ${CULPRIT_VMLINUX}
  COMMENT "vmlinux.h from ${CULPRIT_BTF}"
  VERBATIM)
add_custom_target(vmlinux_header DEPENDS ${CULPRIT_VMLINUX})
add_custom_target(skeletons)

function(culprit_bpf_object name)
  set(source ${CMAKE_SOURCE_DIR}/bpf/${name}.bpf.c)
  set(object ${CULPRIT_SKELETON_DIR}/${name}.bpf.o)
  set(stripped ${CULPRIT_SKELETON_DIR}/${name}.stripped.o)
  set(skeleton ${CULPRIT_SKELETON_DIR}/${name}.skel.h)
  file(GLOB headers ${CMAKE_SOURCE_DIR}/bpf/*.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CULPRIT_CLANG} -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter
            -Wno-missing-declarations -target bpf -mcpu=v3 -D__TARGET_ARCH_${CULPRIT_BPF_ARCH}
            -I${CULPRIT_SKELETON_DIR} -I${CMAKE_SOURCE_DIR}/bpf
            -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -c ${source} -o ${object}
    DEPENDS ${source} ${headers} vmlinux_header ${CULPRIT_VMLINUX}
    COMMENT "BPF ${name}"
    VERBATIM)
  # Linking leaves out the debugging information, three quarters of what the binary would carry.
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${CULPRIT_BPFTOOL} gen object ${stripped} ${object}
    COMMAND ${CULPRIT_BPFTOOL} gen skeleton ${stripped} name ${name}_probe > ${skeleton}
    DEPENDS ${object}
    VERBATIM)
  add_custom_target(skeleton_${name} DEPENDS ${skeleton})
  add_dependencies(skeletons skeleton_${name})
endfunction()
