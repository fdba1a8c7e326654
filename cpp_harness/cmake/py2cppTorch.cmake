# py2cpp::torch: the LibTorch in the wheel of the active Python (Python3_EXECUTABLE), or under PY2CPP_TORCH_ROOT.
#
# The wheel's own find_package(Torch) wants a CUDA toolkit wherever torch was built with CUDA; headers and libraries are
# enough here. Sets PY2CPP_TORCH_FOLDER and PY2CPP_TORCH_VERSION.
set(PY2CPP_TORCH_ROOT "" CACHE PATH "The folder of torch (with include/ and lib/); empty: that of the active Python")

set(PY2CPP_TORCH_FOLDER "${PY2CPP_TORCH_ROOT}")
if(NOT PY2CPP_TORCH_FOLDER)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND "${Python3_EXECUTABLE}" -c
            "import importlib.util as u; s = u.find_spec('torch'); print(*s.submodule_search_locations if s else ())"
    OUTPUT_VARIABLE PY2CPP_TORCH_FOLDER OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(NOT EXISTS "${PY2CPP_TORCH_FOLDER}/include/torch/csrc/api/include/torch/torch.h")
  message(FATAL_ERROR "py2cpp: no LibTorch at '${PY2CPP_TORCH_FOLDER}': install torch for ${Python3_EXECUTABLE}, "
                      "or set Python3_EXECUTABLE or PY2CPP_TORCH_ROOT")
endif()

file(STRINGS "${PY2CPP_TORCH_FOLDER}/share/cmake/Torch/TorchConfigVersion.cmake" PY2CPP_TORCH_VERSION
     REGEX "PACKAGE_VERSION \"")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" PY2CPP_TORCH_VERSION "${PY2CPP_TORCH_VERSION}")

if(NOT TARGET py2cpp::torch)
  message(STATUS "py2cpp: LibTorch ${PY2CPP_TORCH_VERSION} at ${PY2CPP_TORCH_FOLDER}")
  add_library(py2cpp::torch INTERFACE IMPORTED GLOBAL)
  target_include_directories(py2cpp::torch INTERFACE "${PY2CPP_TORCH_FOLDER}/include"
                                                     "${PY2CPP_TORCH_FOLDER}/include/torch/csrc/api/include")
  # Wheels before 2.7 have the old ABI of libstdc++, and say so.
  file(STRINGS "${PY2CPP_TORCH_FOLDER}/share/cmake/Torch/TorchConfig.cmake" py2cpp_torch_abi
       REGEX "_GLIBCXX_USE_CXX11_ABI=[01]")
  if(py2cpp_torch_abi MATCHES "_GLIBCXX_USE_CXX11_ABI=[01]")
    target_compile_definitions(py2cpp::torch INTERFACE ${CMAKE_MATCH_0})
  endif()
  foreach(name IN ITEMS torch torch_cpu c10)
    find_library(py2cpp_library NAMES ${name} PATHS "${PY2CPP_TORCH_FOLDER}/lib" NO_DEFAULT_PATH NO_CACHE REQUIRED)
    target_link_libraries(py2cpp::torch INTERFACE "${py2cpp_library}")
    unset(py2cpp_library)
  endforeach()
  # No program names a symbol of libtorch_cuda, which makes the CUDA devices known when it is loaded.
  if(EXISTS "${PY2CPP_TORCH_FOLDER}/lib/libtorch_cuda.so")
    target_link_options(py2cpp::torch INTERFACE
                        "LINKER:--push-state,--no-as-needed,${PY2CPP_TORCH_FOLDER}/lib/libtorch.so,--pop-state")
  endif()
endif()
